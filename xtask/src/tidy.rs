//! `cargo xtask tidy`: the house rules that no compiler checks.
//!
//! Short files, a paragraph for newcomers at the top of each module, no leftovers, no path of anybody's machine, versions
//! that agree, links that lead somewhere, and a source and a review date in every list. Each breach is one line that says
//! what to do; all of them are shown at once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::evidence;
use crate::place::Place;
use crate::say::Say;

/// Past this a file holds more than one concern.
const LONGEST: usize = 400;
/// Kinds of file that a person writes and reads.
const TEXT: [&str; 13] =
    ["rs", "js", "css", "html", "toml", "md", "json", "sql", "txt", "tmpl", "svg", "sh", "yml"];
/// Kinds of file that hold logic, to which the length limit applies.
const LOGIC: [&str; 4] = ["rs", "js", "css", "html"];
/// Words that mean "not finished"; written in two parts, or this file would be its own first breach.
const LEFTOVERS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
/// Starts of paths that only one machine has; in two parts for the same reason.
const MACHINE: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// Fails when a rule is broken.
pub(crate) fn run(say: &Say, place: &Place) -> Result<()> {
    let mut breaches = Vec::new();
    let mut count = 0;
    for path in files(&place.root)? {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let name = path.strip_prefix(&place.root).unwrap_or(&path).to_string_lossy().into_owned();
        count += 1;
        breaches.extend(judge(&name, &text));
        breaches.extend(dead_links(&path, &name, &text));
    }
    breaches.extend(versions(&place.root)?);
    breaches.extend(evidence::breaches(&place.root));
    if breaches.is_empty() {
        say.line(&format!("  {count} files keep the house rules"));
        return Ok(());
    }
    bail!("{} house rules are broken:\n{}", breaches.len(), breaches.join("\n"))
}

/// Text files of the project, sorted; what git ignores here is left out by name.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                if !["target", ".git", "node_modules"].contains(&name.as_str()) {
                    folders.push(entry.path());
                }
            } else if TEXT.contains(&ending(&name)) || name == "run" {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, end)| end)
}

/// The rules for one file.
fn judge(name: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    let lines = text.lines().count();
    if LOGIC.contains(&ending(name)) && !name.contains(".min.") && lines > LONGEST {
        breaches.push(format!(
            "{name}: {lines} lines, {LONGEST} at most: split it by concern, or move its tests out"
        ));
    }
    // A file of unit tests beside its code is introduced by that code.
    let beside = name.contains("/src/") && name.ends_with("tests.rs");
    if name.ends_with(".rs") && !beside && !text.starts_with("//!") {
        breaches
            .push(format!("{name}: no `//!` paragraph at the top saying what lives here and what does not"));
    }
    for (index, line) in text.lines().enumerate() {
        let place = || format!("{name}:{}", index + 1);
        if let Some(word) = LEFTOVERS.iter().find(|word| line.contains(**word)) {
            breaches.push(format!("{}: {word}: finish it, or file an issue", place()));
        }
        if let Some(start) = MACHINE.iter().find(|start| names_path(line, start)) {
            breaches.push(format!("{}: a path under {start} exists on one machine only", place()));
        }
    }
    let is_list = name.starts_with("core/lists/phrases/") || name.starts_with("core/lists/sites/");
    if is_list && !(has_key(text, "source") && has_key(text, "reviewed")) {
        breaches.push(format!("{name}: a list needs a `source` and a `reviewed` date"));
    }
    breaches
}

/// Whether the path starts there; an address such as `https://example.org/home/` does not count.
fn names_path(line: &str, start: &str) -> bool {
    line.match_indices(start).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| c.is_whitespace() || ['"', '\'', '`', '=', '('].contains(&c))
    })
}

fn has_key(text: &str, key: &str) -> bool {
    text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')))
}

/// Relative links of a Markdown file that lead nowhere.
fn dead_links(path: &Path, name: &str, text: &str) -> Vec<String> {
    if !name.ends_with(".md") {
        return Vec::new();
    }
    let folder = path.parent().unwrap_or(path);
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(link, _)| link))
        .filter_map(|link| link.split('#').next().filter(|file| !file.is_empty() && !file.contains(':')))
        .filter(|file| !folder.join(file).exists())
        .map(|file| format!("{name}: the link to {file} leads nowhere"))
        .collect()
}

/// The manifest's version is what devices report; it must be the workspace's.
fn versions(root: &Path) -> Result<Vec<String>> {
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(root.join("manifest/manifest.json"))?)?;
    let have = manifest["version"].as_str().unwrap_or("none");
    let wanted = env!("CARGO_PKG_VERSION");
    if have == wanted {
        return Ok(Vec::new());
    }
    Ok(vec![format!("manifest/manifest.json: version {have}, but the workspace's is {wanted}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_file_passes() {
        assert!(judge("core/src/good.rs", "//! What lives here.\nfn f() {}\n").is_empty());
    }

    #[test]
    fn each_breach_is_named() {
        let long = format!("//! Docs.\n{}", "fn f() {}\n".repeat(LONGEST));
        assert!(judge("a.rs", &long).iter().any(|b| b.contains("401 lines")));
        assert!(judge("a.rs", "fn f() {}\n").iter().any(|b| b.contains("//!")));
        assert!(judge("core/src/fold_tests.rs", "use super::*;\n").is_empty());
        let leftover = format!("//! Docs.\n// {}: later\n", LEFTOVERS[0]);
        assert!(judge("a.rs", &leftover).iter().any(|b| b.starts_with("a.rs:2")));
        let path = format!("see {}me/x", MACHINE[2]);
        assert!(judge("a.md", &path).iter().any(|b| b.contains("one machine")));
        assert!(judge("a.md", "https://example.org/home/x").is_empty());
        assert!(
            judge("core/lists/sites/x.toml", "category = \"games\"\n").iter().any(|b| b.contains("source"))
        );
    }

    #[test]
    fn a_dead_link_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        fs::write(folder.path().join("there.md"), "x").unwrap();
        let text = "[a](there.md) [b](gone.md#top) [c](https://example.org) [d](#here)";
        assert_eq!(dead_links(&path, "a.md", text), ["a.md: the link to gone.md leads nowhere"]);
    }
}
