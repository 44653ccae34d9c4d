//! The extension as a folder and as a zip that is the same, byte for byte, wherever it is made.
//!
//! The relay signs the zip with the school's own key, so this file knows nothing of keys or of CRX.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::join;
use crate::place::Place;
use crate::wasm::{self, Modules};

/// The script that the manifest names as the worker.
const WORKER: &str = "js/background.js";

/// Every file of the extension by its path inside it, sorted.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Gathers the files: manifest and its companions at the top, scripts, pages, and the module with its glue.
pub(crate) fn gather(place: &Place, modules: &Modules) -> Result<Files> {
    let mut files = Files::new();
    for file in ["manifest.json", "managed_schema.json"] {
        let path = place.root.join("manifest").join(file);
        files.insert(
            file.to_owned(),
            fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?,
        );
    }
    for (from, to) in [
        ("manifest/icons", "icons"),
        ("manifest/_locales", "_locales"),
        ("extension/js", "js"),
        ("extension/pages", "pages"),
    ] {
        add_folder(&mut files, &place.root.join(from), to)?;
    }
    add_modules(&mut files, modules);
    join_worker(&mut files)?;
    check_manifest(&files)?;
    Ok(files)
}

/// The modules: the first in a script, because the worker must answer a navigation synchronously, and only a script can be loaded
/// synchronously; the rest in files of their own, and in the script what they must be.
fn add_modules(files: &mut Files, modules: &Modules) {
    for (name, glue) in [("first.js", &modules.first.glue), ("lapwing_extension.js", &modules.whole.glue)] {
        files.insert(format!("pkg/{name}"), glue.clone().into_bytes());
    }
    let script = format!(
        "export const FIRST_BASE64 = \"{}\";\nexport const WHOLE_SHA256 = \"{}\";\nexport const LISTS_SHA256 = \"{}\";\n",
        STANDARD.encode(&modules.first.wasm),
        digest(&modules.whole.wasm),
        digest(modules.lists)
    );
    files.insert("pkg/wasm.js".to_owned(), script.into_bytes());
    files.insert("pkg/whole.wasm".to_owned(), modules.whole.wasm.clone());
    files.insert(format!("pkg/{}", wasm::LISTS), modules.lists.to_vec());
}

/// SHA-256 in hexadecimal digits.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The worker as one script, without the modules that only it imports.
fn join_worker(files: &mut Files) -> Result<()> {
    let (script, used) = join::join(files, WORKER)?;
    let pages = files.keys().filter(|name| name.starts_with("js/ui/")).map(String::as_str);
    let pages = join::reached(files, pages)?;
    for name in used.difference(&pages) {
        files.remove(name);
    }
    files.insert(WORKER.to_owned(), script.into_bytes());
    Ok(())
}

fn add_folder(files: &mut Files, folder: &Path, to: &str) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = format!("{to}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            add_folder(files, &entry.path(), &name)?;
        } else if !name.ends_with(".md") {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// A file that the manifest names and the package lacks would stop the whole extension, silently, on every device.
fn check_manifest(files: &Files) -> Result<()> {
    let manifest: serde_json::Value =
        serde_json::from_slice(files.get("manifest.json").context("the package has no manifest.json")?)
            .context("manifest/manifest.json is no JSON")?;
    let mut named = Vec::new();
    file_names(&manifest, &mut named);
    for name in named {
        if !name.contains('*') && !files.contains_key(name.trim_start_matches('/')) {
            bail!("manifest/manifest.json names {name}, which is not in the package");
        }
    }
    Ok(())
}

/// Every string in the manifest that looks like a file of the package.
fn file_names<'a>(value: &'a serde_json::Value, found: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::String(text) => {
            let is_file =
                [".js", ".html", ".json", ".png", ".css", ".svg"].iter().any(|end| text.ends_with(end));
            if is_file && !text.contains("://") && !text.contains(' ') {
                found.push(text);
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| file_names(value, found)),
        serde_json::Value::Object(fields) => fields.values().for_each(|value| file_names(value, found)),
        _ => {}
    }
}

/// Writes the folder anew, so that nothing of an older build stays in it.
pub(crate) fn stage(folder: &Path, files: &Files) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    for (name, bytes) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The zip: sorted names, one fixed date, one set of permissions.
pub(crate) fn pack(files: &Files) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Writes only what changed: cargo rebuilds the relay when the zip's date does.
pub(crate) fn write_if_new(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::Module;

    fn files(manifest: &str) -> Files {
        Files::from([
            ("manifest.json".to_owned(), manifest.as_bytes().to_vec()),
            ("js/background.js".to_owned(), b"1".to_vec()),
        ])
    }

    #[test]
    fn the_same_files_make_the_same_zip() {
        let files = files("{}");
        assert_eq!(pack(&files).unwrap(), pack(&files.clone()).unwrap());
    }

    #[test]
    fn a_script_carries_the_first_module_and_knows_the_files_that_come_after_it() {
        let module = |glue: &str, wasm: &[u8]| Module { glue: glue.to_owned(), wasm: wasm.to_vec() };
        let modules =
            Modules { first: module("f", b"first"), whole: module("w", b"whole"), lists: b"phrases" };
        let mut files = Files::new();
        add_modules(&mut files, &modules);
        let script = std::str::from_utf8(&files["pkg/wasm.js"]).unwrap();
        assert!(script.contains(&format!("FIRST_BASE64 = \"{}\"", STANDARD.encode("first"))));
        assert!(!script.contains(&STANDARD.encode("whole")), "a page would wait for the whole module");
        for (name, constant) in [("pkg/whole.wasm", "WHOLE_SHA256"), ("pkg/starter.lists", "LISTS_SHA256")] {
            assert!(script.contains(&format!("{constant} = \"{}\"", digest(&files[name]))), "{name}");
        }
    }

    #[test]
    fn a_manifest_may_name_only_what_is_packed() {
        check_manifest(&files(r#"{"background":{"service_worker":"js/background.js"}}"#)).unwrap();
        let error = check_manifest(&files(r#"{"action":{"default_popup":"pages/popup.html"}}"#)).unwrap_err();
        assert!(error.to_string().contains("pages/popup.html"));
    }
}
