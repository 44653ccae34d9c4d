//! `cargo xtask sbom`: what the relay and the extension are made of, as a CycloneDX 1.6 bill of materials.
//!
//! From `cargo metadata` and the checksums in `Cargo.lock`: every crate that is compiled into either, or that builds
//! them, with its version, licence, checksum and what it depends on. Crates that only tests need are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::place::Place;
use crate::run;
use crate::say::Say;

/// The crates that are given to schools.
const SHIPPED: [&str; 2] = ["lapwing-relay", "lapwing-extension"];

/// Writes `target/lapwing.cdx.json`.
pub(crate) fn run(say: &Say, place: &Place) -> Result<()> {
    let mut cargo = run::cargo();
    cargo.args(["metadata", "--format-version", "1", "--locked"]).current_dir(&place.root);
    let metadata = serde_json::from_str(&run::answer(&mut cargo)?).context("cargo metadata is no JSON")?;
    let lock = std::fs::read_to_string(place.root.join("Cargo.lock"))?;
    let bill = bill(&metadata, &lock)?;
    let count = bill["components"].as_array().map_or(0, Vec::len);
    let path: PathBuf = place.target.join("lapwing.cdx.json");
    std::fs::write(&path, serde_json::to_string_pretty(&bill)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    say.line(&format!("  {count} components are in {}", path.display()));
    Ok(())
}

/// The bill of materials, from what cargo says and what the lock file holds.
fn bill(metadata: &Value, lock: &str) -> Result<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    // What each crate needs, without what only its tests need.
    let needs: BTreeMap<String, Vec<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let counts = |dep: &Value| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
            let deps = list(&node["deps"]);
            (text(&node["id"]), deps.iter().filter(|dep| counts(dep)).map(|dep| text(&dep["pkg"])).collect())
        })
        .collect();
    let shipped = packages.iter().filter(|(_, package)| SHIPPED.contains(&&*text(&package["name"])));
    let mut waiting: Vec<String> = shipped.map(|(id, _)| id.clone()).collect();
    anyhow::ensure!(waiting.len() == SHIPPED.len(), "the workspace does not hold {}", SHIPPED.join(" and "));
    let mut inside = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if inside.insert(id.clone()) {
            waiting.extend(needs.get(&id).into_iter().flatten().cloned());
        }
    }
    let sums = checksums(lock);
    let reference = |id: &String| {
        packages
            .get(id)
            .map(|package| format!("pkg:cargo/{}@{}", text(&package["name"]), text(&package["version"])))
    };
    let component = |id: &String| {
        let package = packages.get(id)?;
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let purl = reference(id)?;
        let mut component =
            json!({ "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl });
        if let Some(licence) = package["license"].as_str() {
            component["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
        }
        if let Some(sum) = sums.get(&(name, version)) {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
        }
        Some(component)
    };
    let dependency = |id: &String| {
        let on: Vec<String> = needs.get(id).into_iter().flatten().filter_map(reference).collect();
        Some(json!({ "ref": reference(id)?, "dependsOn": on }))
    };
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": { "type": "application", "name": "lapwing", "version": env!("CARGO_PKG_VERSION") } },
        "components": inside.iter().filter_map(component).collect::<Vec<_>>(),
        "dependencies": inside.iter().filter_map(dependency).collect::<Vec<_>>(),
    }))
}

/// The checksums in a lock file, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    lock.split("[[package]]")
        .filter_map(|package| {
            let field = |name: &str| {
                let start = format!("{name} = \"");
                package
                    .lines()
                    .find_map(|line| Some(line.strip_prefix(&start)?.strip_suffix('"')?.to_owned()))
            };
            Some(((field("name")?, field("version")?), field("checksum")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_tests_need_is_left_out() {
        let package =
            |name: &str| json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0" });
        let dep = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let packages = ["lapwing-relay", "lapwing-extension", "used", "builds", "tests"].map(package);
        let metadata = json!({
            "packages": packages,
            "resolve": { "nodes": [
                { "id": "lapwing-relay", "deps": [dep("used", Value::Null), dep("tests", json!("dev"))] },
                { "id": "lapwing-extension", "deps": [dep("builds", json!("build"))] },
                { "id": "used", "deps": [] }, { "id": "builds", "deps": [] }, { "id": "tests", "deps": [] },
            ] },
        });
        let lock = "[[package]]\nname = \"used\"\nversion = \"1.0.0\"\nchecksum = \"ab\"\n";
        let bill = bill(&metadata, lock).unwrap();
        let names: Vec<&str> =
            bill["components"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["builds", "lapwing-extension", "lapwing-relay", "used"]);
        assert_eq!(bill["components"][3]["hashes"][0]["content"], "ab");
        assert_eq!(bill["components"][3]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(bill["dependencies"][2]["dependsOn"][0], "pkg:cargo/used@1.0.0");
    }
}
