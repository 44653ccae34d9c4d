//! The same list and the same hosts in node: Lapwing's WebAssembly, a `Set`, and uBlock Origin's trie.
//!
//! The scripts travel inside this program, as those of the `speed` example do.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use lapwing_core::pack::PublicKey;
use serde_json::{Value, json};

use crate::lists::List;

/// What node runs, by file name.
const SCRIPTS: [(&str, &str); 2] =
    [("sites.js", include_str!("../../js/sites.js")), ("module.js", include_str!("../../js/module.js"))];

/// Runs one of them; `name` is what the script calls it.
pub(crate) fn measure(
    name: &str,
    folder: &Path,
    list: &List,
    (pack, key): (&[u8], PublicKey),
    rounds: usize,
) -> Result<Value, Box<dyn Error>> {
    // A folder that is gone with this value: lists of others are not to lie about.
    let place = tempfile::tempdir()?;
    let file = |name: &str| place.path().join(name);
    for (script, text) in SCRIPTS {
        std::fs::write(file(script), text)?;
    }
    let names: Vec<&str> = list.rules.iter().map(|rule| &*rule.name).collect();
    std::fs::write(file("names.json"), serde_json::to_vec(&names)?)?;
    std::fs::write(file("asked.json"), serde_json::to_vec(&list.asked)?)?;
    std::fs::write(file("sites.pack"), pack)?;
    let mut node = Command::new("node");
    node.args(["--expose-gc", "--max-old-space-size=8192"]).arg(file("sites.js"));
    node.arg(name).arg(std::path::absolute(folder)?).arg(place.path());
    node.args([rounds.to_string(), key.to_string()]);
    let output = node.output().map_err(|error| format!("cannot start node: {error}"))?;
    if !output.status.success() {
        return Err(format!("node, {name}: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    let mut measured: Value = serde_json::from_slice(&output.stdout)?;
    let bytes = measured["bytes"].as_f64().ok_or("node named no bytes")?;
    measured["bytes_each"] = json!(bytes / list.rules.len() as f64);
    Ok(measured)
}
