//! What a fault showed: counts for people and programs, and every promise that did not hold.

use serde_json::{Map, Value, json};

use super::ledger::Proof;

/// The result of one fault.
#[derive(Debug, Clone)]
pub struct Outcome {
    name: String,
    counts: Map<String, Value>,
    broken: Vec<String>,
    not_run: Option<String>,
}

impl Outcome {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), counts: Map::new(), broken: Vec::new(), not_run: None }
    }

    /// A fault that cannot be made here, and why.
    #[must_use]
    pub fn not_run(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { not_run: Some(why.into()), ..Self::new(name) }
    }

    /// Keeps a count, in the order in which they come.
    pub fn count(&mut self, what: &str, value: impl Into<Value>) {
        self.counts.insert(what.to_owned(), value.into());
    }

    /// Notes `promise` as broken unless it held.
    pub fn expect(&mut self, held: bool, promise: impl Into<String>) {
        if !held {
            self.broken.push(promise.into());
        }
    }

    /// Takes over what a comparison of ledger and database showed.
    pub fn prove(&mut self, proof: &Proof) {
        self.count("acknowledged", proof.acknowledged);
        self.count("stored", proof.stored);
        self.count("lost", proof.lost);
        self.count("stored_twice", proof.twice);
        self.count("counted_by_episodes", proof.counted);
        self.count("integrity_faults", proof.faults.len());
        self.expect(proof.lost == 0, format!("{} acknowledged alerts are lost", proof.lost));
        self.expect(proof.twice == 0, format!("{} alerts are stored twice", proof.twice));
        self.expect(
            proof.counted == proof.stored,
            format!("episodes count {} alerts and {} are stored", proof.counted, proof.stored),
        );
        for fault in &proof.faults {
            self.expect(false, format!("the database is damaged: {fault}"));
        }
    }

    /// Whether every promise held.
    #[must_use]
    pub fn held(&self) -> bool {
        self.broken.is_empty()
    }

    /// Whether it was run at all.
    #[must_use]
    pub fn ran(&self) -> bool {
        self.not_run.is_none()
    }

    /// For people: one line, and one more for each broken promise.
    #[must_use]
    pub fn words(&self) -> String {
        if let Some(why) = &self.not_run {
            return format!("NOT RUN  {}: {why}", self.name);
        }
        let counts: Vec<String> =
            self.counts.iter().map(|(what, value)| format!("{} {value}", what.replace('_', " "))).collect();
        let word = if self.held() { "held    " } else { "BROKEN  " };
        let mut text = format!("{word} {}: {}", self.name, counts.join(", "));
        for promise in &self.broken {
            text.push_str("\n          ");
            text.push_str(promise);
        }
        text
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "fault": self.name,
            "held": self.ran().then_some(self.held()),
            "not_run": self.not_run,
            "broken": self.broken,
            "counts": self.counts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_alert_is_a_broken_promise() {
        let mut outcome = Outcome::new("a test");
        outcome.prove(&Proof { acknowledged: 3, stored: 2, lost: 1, counted: 2, ..Proof::default() });
        assert!(!outcome.held());
        assert!(
            outcome.words().contains("BROKEN") && outcome.words().contains("1 acknowledged alerts are lost")
        );
        assert!(!Outcome::not_run("b", "needs root").ran());
    }
}
