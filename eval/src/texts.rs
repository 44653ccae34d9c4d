//! Mixed text for measuring speed: so many bytes of messages, searches, posts and essays' sentences.

use std::path::Path;

use anyhow::Result;

use crate::cases::read_cases;
use crate::data::Data;
use crate::disguise::Random;

/// Chat, searches, schoolwork, posts and abuse, of every length.
const SETS: [&str; 11] = [
    "b-sms-ham",
    "b-msmarco",
    "b-ellipse-sent",
    "davidson",
    "b-clinc150",
    "b-dailydialog",
    "b-gsm8k",
    "rmhd27",
    "hatecheck",
    "openai-mod",
    "ailuminate",
];

/// Texts, and where they are from.
#[derive(Debug, Clone)]
pub struct Mixed {
    /// The texts.
    pub texts: Vec<String>,
    /// In words.
    pub source: &'static str,
    /// All of them together.
    pub bytes: usize,
}

/// At least so many bytes: of the labelled sets in turn where there are any, else of our own cases over and over.
///
/// # Errors
/// When a set or the cases cannot be read.
pub fn mixed(data: Option<&Data>, cases: &Path, bytes: usize) -> Result<Mixed> {
    let mut pools: Vec<Vec<String>> = Vec::new();
    let source = match data {
        Some(data) => {
            for set in SETS {
                pools.push(data.read(set)?.into_iter().map(|row| row.text).collect());
            }
            "texts of the labelled sets"
        }
        None => {
            pools.push(read_cases(cases)?.into_iter().map(|case| case.text).collect());
            "our own cases, over and over"
        }
    };
    let mut out = Mixed { texts: Vec::new(), source, bytes: 0 };
    let mut random = Random::new(2);
    for pool in pools.iter().cycle() {
        if out.bytes >= bytes {
            break;
        }
        // As many bytes of each set in turn: a post is as long as thirty messages.
        let mut taken = 0;
        while taken < 4_000 {
            let Some(text) = pool.get(random.below(pool.len())) else { break };
            taken += text.len().max(1);
            out.bytes += text.len();
            out.texts.push(text.clone());
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_labelled_sets_the_cases_do() {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/cases");
        let mixed = mixed(None, &cases, 100_000).unwrap();
        assert!(mixed.bytes >= 100_000 && mixed.bytes < 110_000);
        assert_eq!(mixed.bytes, mixed.texts.iter().map(String::len).sum::<usize>());
    }
}
