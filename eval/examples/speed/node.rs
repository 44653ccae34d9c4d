//! The same texts and windows in node: Lapwing's WebAssembly, and npm's obscenity.
//!
//! The scripts travel inside this program and the folders are made absolute: a build folder may be shared by several
//! working copies and outlive the one that it was filled from, and node takes a relative folder for a package's name.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::Input;

/// What node runs, by file name.
const SCRIPTS: [(&str, &str); 2] =
    [("time.js", include_str!("../../js/time.js")), ("module.js", include_str!("../../js/module.js"))];

/// Runs one of them; `name` is what the script calls it.
pub(crate) fn measure(
    name: &str,
    folder: &Path,
    input: &Input,
    rounds: usize,
) -> Result<Value, Box<dyn Error>> {
    // A folder that is gone with this value: the texts are not to lie about.
    let place = tempfile::tempdir()?;
    let file = place.path().join("input.json");
    std::fs::write(&file, json!({ "texts": input.texts, "windows": input.windows }).to_string())?;
    for (script, text) in SCRIPTS {
        std::fs::write(place.path().join(script), text)?;
    }
    let mut node = Command::new("node");
    node.arg(place.path().join("time.js")).arg(name).arg(std::path::absolute(folder)?);
    node.arg(&file).arg(rounds.to_string());
    let output = node.output().map_err(|error| format!("cannot start node: {error}"))?;
    if !output.status.success() {
        return Err(format!("node, {name}: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    let mut measured: Value = serde_json::from_slice(&output.stdout)?;
    let seconds = measured["seconds"].as_f64().ok_or("node named no time")?;
    measured["mb_s"] = json!(input.bytes as f64 / 1e6 / seconds);
    Ok(measured)
}
