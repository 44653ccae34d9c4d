//! Reads a folder of list files, laid out as `core/lists`, for the examples that take one.

use lapwing_core::Lists;
use std::error::Error;
use std::path::Path;

/// The lists in a folder, compiled.
///
/// # Errors
/// When the folder cannot be read, or a list in it is wrong; the message names the rule.
pub(crate) fn read(folder: &Path) -> Result<Lists, Box<dyn Error>> {
    let mut files = Vec::new();
    for under in ["", "phrases", "sites"] {
        let place = folder.join(under);
        let entries = std::fs::read_dir(&place).map_err(|error| format!("{}: {error}", place.display()))?;
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
