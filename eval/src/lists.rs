//! List files as people write them, compiled at run time, so that a new rule is measured without building anything.

use std::path::Path;

use anyhow::{Context, Result};
use lapwing_core::Lists;

/// Compiles the lists in a folder laid out as `core/lists`.
///
/// # Errors
/// When the folder cannot be read, or a list in it is wrong; the message names the rule.
pub fn read_lists(folder: &Path) -> Result<Lists> {
    let mut files = Vec::new();
    for under in ["", "phrases", "sites"] {
        let place = folder.join(under);
        let entries =
            std::fs::read_dir(&place).with_context(|| format!("no lists at {}", place.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".toml") {
                let name = if under.is_empty() { name } else { format!("{under}/{name}") };
                files.push((name, std::fs::read_to_string(&path)?));
            }
        }
    }
    // The order in which a folder is read is the file system's; findings must not depend on it.
    files.sort();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Ok(Lists::from_sources(&files)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_folder_compiles_to_the_shipped_lists() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/lists");
        let read = read_lists(&folder).unwrap();
        assert_eq!(read.rule_count(), Lists::starter().unwrap().rule_count());
    }

    #[test]
    fn a_folder_without_lists_is_named() {
        let error = read_lists(Path::new("no-such-lists")).unwrap_err().to_string();
        assert!(error.contains("no-such-lists"), "{error}");
    }
}
