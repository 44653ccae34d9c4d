//! Lapwing's engine and the crate rustrict, both compiled to this machine, round by round in turn.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use lapwing_core::{Audience, Engine, Lists, Policy, Surface, Typed};
use rustrict::{CensorStr, Type};
use serde_json::{Value, json};

use crate::Input;

/// Loads are quick, and many of them make a steadier middle.
const LOADS: usize = 31;

/// Both, by name.
pub(crate) fn measure(input: &Input, rounds: usize) -> Result<Vec<(&'static str, Value)>, Box<dyn Error>> {
    let mut loads = Vec::new();
    for _ in 0..LOADS {
        let start = Instant::now();
        black_box(load()?);
        loads.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let engine = load()?;
    let ours = |text: &str| !engine.check_text(&Typed { text, surface: Surface::Chat, url: "" }).is_empty();
    let theirs = |text: &str| text.is(Type::INAPPROPRIATE);
    let (mut a, mut b) = (Rounds::default(), Rounds::default());
    for _ in 0..rounds {
        a.run(&input.texts, &ours);
        b.run(&input.texts, &theirs);
    }
    let mut lapwing = a.report(input, &ours);
    lapwing["load_ms"] = json!(middle(loads));
    lapwing["lists_bytes"] = json!(Lists::starter()?.to_bytes()?.len());
    lapwing["rules"] = json!(Lists::starter()?.rule_count());
    lapwing["lists_version"] = json!(engine.lists_version());
    Ok(vec![("lapwing", lapwing), ("rustrict", b.report(input, &theirs))])
}

fn load() -> Result<Engine, Box<dyn Error>> {
    Ok(Engine::new(Lists::starter()?, Policy::school_default(Audience::Year(9)))?)
}

/// Seconds of each round, and in how many texts something was found.
#[derive(Default)]
struct Rounds {
    seconds: Vec<f64>,
    flagged: usize,
}

impl Rounds {
    fn run(&mut self, texts: &[String], check: &impl Fn(&str) -> bool) {
        let start = Instant::now();
        self.flagged = texts.iter().filter(|text| check(text)).count();
        self.seconds.push(start.elapsed().as_secs_f64());
    }

    fn report(self, input: &Input, check: &impl Fn(&str) -> bool) -> Value {
        let mut times: Vec<f64> = input
            .windows
            .iter()
            .map(|window| {
                let start = Instant::now();
                black_box(check(window));
                start.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
        json!({
            "mb_s": input.bytes as f64 / 1e6 / middle(self.seconds),
            "flagged": self.flagged,
            "warm": { "p50": at(0.5), "p99": at(0.99) },
        })
    }
}

fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}
