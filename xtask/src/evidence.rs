//! What `docs/asvs.md` names as evidence must be there, and every requirement must have its row.
//!
//! Part of `cargo xtask tidy`. Whether the evidence shows what it is said to show is for whoever reads it.

use std::collections::BTreeSet;
use std::path::Path;

/// Where the verdicts are.
const FILE: &str = "docs/asvs.md";
/// Requirements of ASVS 5.0.0 in levels 1 and 2.
const LEVELS: [(&str, usize); 2] = [("1", 70), ("2", 183)];
/// What a row may say.
const VERDICTS: [&str; 3] = ["met", "not met", "n/a"];

/// What is wrong with the file, one line each.
pub(crate) fn breaches(root: &Path) -> Vec<String> {
    match std::fs::read_to_string(root.join(FILE)) {
        Ok(text) => judge(
            &text,
            |path| std::fs::read_to_string(root.join(path)).ok(),
            |path| root.join(path).exists(),
        ),
        Err(error) => vec![format!("{FILE}: {error}")],
    }
}

fn judge(text: &str, read: impl Fn(&str) -> Option<String>, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut breaches = Vec::new();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| is_row(line))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut ids = BTreeSet::new();
    for row in &rows {
        let [id, level, _, verdict, evidence] = row.as_slice() else {
            breaches.push(format!("{FILE}: a row without five columns: {}", row.join(" | ")));
            continue;
        };
        if !ids.insert(*id) {
            breaches.push(format!("{FILE}: {id} stands there twice"));
        }
        if !VERDICTS.contains(verdict) {
            breaches.push(format!("{FILE}: {id} is “{verdict}”; say one of: {}", VERDICTS.join(", ")));
        }
        if evidence.is_empty() || (*verdict == "met" && !evidence.contains('`')) {
            breaches.push(format!("{FILE}: {id} is {verdict} without naming what shows it"));
        }
        if !LEVELS.iter().any(|(known, _)| known == level) {
            breaches.push(format!("{FILE}: {id} has level {level}"));
        }
    }
    for (level, wanted) in LEVELS {
        let have = rows.iter().filter(|row| row.get(1) == Some(&level)).count();
        if have != wanted {
            breaches
                .push(format!("{FILE}: {have} requirements of level {level}, but ASVS 5.0.0 has {wanted}"));
        }
    }
    for named in
        text.split('`').skip(1).step_by(2).filter(|named| named.contains('/') && !named.starts_with('/'))
    {
        let (path, test) = named.split_once("::").map_or((named, None), |(path, test)| (path, Some(test)));
        if !exists(path) {
            breaches.push(format!("{FILE}: there is no {path}"));
        } else if let Some(test) = test
            && !read(path).is_some_and(|file| file.contains(&format!("fn {test}(")))
        {
            breaches.push(format!("{FILE}: {path} has no test {test}"));
        }
    }
    breaches
}

/// A row of a table of requirements: it begins with a number of three parts.
fn is_row(line: &str) -> bool {
    let id = line.strip_prefix("| ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let parts: Vec<&str> = id.split('.').collect();
    parts.len() == 3
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_named() {
        let text = "| 1.1.1 | 2 | decode once | met | `relay/a.rs::holds` |\n\
                    | 1.1.2 | 2 | escape | perhaps | `relay/gone.rs` |\n\
                    | 1.1.2 | 3 | escape | met | nothing |\n";
        let read = |path: &str| (path == "relay/a.rs").then(|| "fn other() {}".to_owned());
        let found = judge(text, read, |path| path == "relay/a.rs").join("\n");
        for fault in [
            "has no test holds",
            "no relay/gone.rs",
            "stands there twice",
            "“perhaps”",
            "level 3",
            "without naming",
            "0 requirements of level 1",
            "2 requirements of level 2",
        ] {
            assert!(found.contains(fault), "{fault} is not among:\n{found}");
        }
        assert!(!is_row("| id | level |") && is_row("| 12.3.4 | 2 |") && !is_row("| 2.3 | x |"));
    }
}
