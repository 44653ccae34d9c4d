//! `cargo xtask schema`: the managed-storage schema, generated from the catalogue of keys in core.
//!
//! Chromium drops a value that does not fit the schema before the extension can see it, and says so nowhere a school
//! looks. So the schema fixes types only, and the choices stand in the descriptions: a wrong word then reaches core,
//! which names the key, what was wrong and what to do.

use std::fs;

use anyhow::{Context, Result, bail};
use lapwing_core::{KEYS, Key, Kind};
use serde_json::{Map, Value, json};

use crate::place::Place;
use crate::say::Say;

/// Writes the schema, or with `check` fails when it is out of date.
pub(crate) fn run(say: &Say, place: &Place, check: bool) -> Result<()> {
    let path = place.root.join("manifest/managed_schema.json");
    let wanted = text()?;
    if fs::read_to_string(&path).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    if check {
        bail!(
            "manifest/managed_schema.json is not what core's catalogue of keys says: run `cargo xtask schema`"
        );
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, wanted).with_context(|| format!("cannot write {}", path.display()))?;
    say.line("  wrote manifest/managed_schema.json");
    Ok(())
}

fn text() -> Result<String> {
    let properties: Map<String, Value> =
        KEYS.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let schema = json!({ "type": "object", "properties": properties });
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

fn property(key: &Key) -> Value {
    let mut description = key.description.to_owned();
    let shape = match key.kind {
        Kind::Text | Kind::Url => json!({ "type": "string" }),
        Kind::Choice(words) | Kind::SeverityChoice(words) => {
            description.push_str(&format!(" One of: {}.", words.join(", ")));
            json!({ "type": "string" })
        }
        Kind::Domains => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::SiteActions => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
    };
    if key.required {
        description.push_str(" Needed.");
    } else {
        description.push_str(&format!(" When it is absent: {}.", key.default));
    }
    let mut property = json!({ "title": key.title, "description": description });
    if let (Value::Object(property), Value::Object(shape)) = (&mut property, shape) {
        property.extend(shape);
    }
    property
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_type_and_a_description() {
        let schema: Value = serde_json::from_str(&text().unwrap()).unwrap();
        for key in KEYS {
            let property = &schema["properties"][key.name];
            assert!(property["type"].is_string(), "{}", key.name);
            assert!(property["description"].as_str().unwrap().len() > 20, "{}", key.name);
        }
    }

    #[test]
    fn the_committed_schema_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifest/managed_schema.json");
        assert_eq!(fs::read_to_string(path).unwrap(), text().unwrap(), "run `cargo xtask schema`");
    }
}
