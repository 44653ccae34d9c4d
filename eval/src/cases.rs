//! The project's own cases, as texts to ask about: `core/tests/cases` has their format.
//!
//! Whether a case holds is tested in core; here they are made-up sentences that are at hand without any labelled set.

use std::path::Path;

use anyhow::{Context, Result, bail};
use lapwing_core::Surface;

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Made up.
    pub text: String,
    /// Where it would be typed.
    pub surface: Surface,
}

/// Reads every case about a text, in the order of file names and lines.
///
/// # Errors
/// When the folder cannot be read or holds no case.
pub fn read_cases(folder: &Path) -> Result<Vec<Case>> {
    let mut files = Vec::new();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("there are no cases at {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "txt") {
            files.push(path);
        }
    }
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        cases.extend(std::fs::read_to_string(file)?.lines().filter_map(case));
    }
    if cases.is_empty() {
        bail!("{} holds no case", folder.display());
    }
    Ok(cases)
}

fn case(line: &str) -> Option<Case> {
    let line = line.trim();
    let (head, text) = line.split_once('|')?;
    if line.starts_with('#') || head.starts_with("site ") {
        return None;
    }
    let surface = head.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(Surface::Chat);
    Some(Case { text: text.trim().to_owned(), surface })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_and_sites_are_not() {
        let text = |line| case(line).map(|case| (case.text, case.surface));
        assert_eq!(text("miss | see you"), Some(("see you".into(), Surface::Chat)));
        assert_eq!(text("hit hate/high search | x | y"), Some(("x | y".into(), Surface::Search)));
        assert_eq!(text("site gambling | https://example.com"), None);
        assert_eq!(text("# hit | no"), None);
    }

    #[test]
    fn there_are_cases() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/cases");
        assert!(read_cases(&folder).unwrap().len() > 500);
        assert!(read_cases(Path::new("no-such-cases")).is_err());
    }
}
