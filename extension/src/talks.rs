//! What was typed in each field during the last hour, as far as several lines together mean something.
//!
//! Kept in session storage with the rest, since the worker is stopped after thirty seconds. It holds hashes, never words;
//! what follows from it is the engine's business.

use lapwing_core::Memory;
use serde::{Deserialize, Serialize};

/// Fields remembered; the one that was silent longest gives way.
const CAPACITY: usize = 20;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Talks {
    /// The latest last.
    fields: Vec<(String, Memory)>,
}

impl Talks {
    /// The memory of a field, by the content script's name for it. Fields in which nothing counts any more are forgotten.
    pub fn of(&mut self, field: &str, now: i64) -> &mut Memory {
        let known = self.fields.iter().position(|(name, _)| name == field);
        let kept =
            known.map(|at| self.fields.remove(at)).unwrap_or_else(|| (field.to_owned(), Memory::default()));
        self.fields.retain(|(_, memory)| !memory.is_over(now));
        if self.fields.len() >= CAPACITY {
            self.fields.remove(0);
        }
        &mut self.fields.push_mut(kept).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::{Audience, Engine, Lists, Policy, Surface, Typed};

    fn hear(engine: &Engine, talks: &mut Talks, field: &str, text: &str, now: i64) -> usize {
        let typed = Typed { text, surface: Surface::Chat, url: "" };
        engine.check_conversation(&typed, talks.of(field, now), now).len()
    }

    #[test]
    fn lines_of_one_field_belong_together_and_those_of_another_do_not() {
        let engine =
            Engine::new(Lists::starter().unwrap(), Policy::school_default(Audience::Unspecified)).unwrap();
        let lines = ["how old are you", "ur so pretty", "where do you live"];
        let (mut one, mut two) = (Talks::default(), Talks::default());
        let alone: Vec<usize> =
            lines.iter().map(|text| hear(&engine, &mut Talks::default(), "a", text, 0)).collect();
        let together: Vec<usize> = lines.iter().map(|text| hear(&engine, &mut one, "a", text, 0)).collect();
        let apart: Vec<usize> = lines
            .iter()
            .zip(["a", "b", "c"])
            .map(|(text, field)| hear(&engine, &mut two, field, text, 0))
            .collect();
        assert_eq!(together, [alone[0], alone[1], alone[2] + 1]);
        assert_eq!(apart, alone);
    }

    #[test]
    fn few_fields_are_kept_and_none_for_longer_than_an_hour() {
        let engine =
            Engine::new(Lists::starter().unwrap(), Policy::school_default(Audience::Unspecified)).unwrap();
        let mut talks = Talks::default();
        for field in 0..50 {
            hear(&engine, &mut talks, &field.to_string(), "how old are you", 0);
        }
        assert_eq!(talks.fields.len(), CAPACITY);
        talks.of("49", 3_600_001);
        assert_eq!(talks.fields.len(), 1);
    }
}
