//! Compiles `lists/` into one block of bytes, with the very code that reads lists at run time, and fails the build with
//! every problem that it finds.

#![allow(dead_code, unreachable_pub, reason = "the build uses a part of these modules")]

#[path = "src/text/fold/mod.rs"]
mod fold;
#[path = "src/hash.rs"]
mod hash;
#[path = "src/taxonomy.rs"]
mod taxonomy;

/// The crate's modules under the names that they have there.
#[path = "src/lists"]
mod lists {
    pub(crate) mod anchors;
    pub(crate) mod block;
    pub(crate) mod choose;
    pub(crate) mod cues;
    pub(crate) mod english;
    pub(crate) mod error;
    pub(crate) mod first;
    pub(crate) mod gathered;
    pub(crate) mod kind;
    pub(crate) mod known;
    pub(crate) mod lexicon;
    pub(crate) mod listed;
    pub(crate) mod mask;
    pub(crate) mod model;
    pub(crate) mod named;
    pub(crate) mod needed;
    pub(crate) mod numbers;
    pub(crate) mod openers;
    pub(crate) mod patterns;
    pub(crate) mod phrase;
    pub(crate) mod pool;
    pub(crate) mod recent;
    pub(crate) mod rules;
    pub(crate) mod sites;
    pub(crate) mod source;
    pub(crate) mod stored;
    pub(crate) mod strings;
    pub(crate) mod tables;
    pub(crate) mod vocabulary;
    pub(crate) use error::{ListsError, Problem};
}

#[path = "src/model"]
mod model {
    pub(crate) mod source;
    pub(crate) mod weights;
}

#[path = "src/site"]
mod site {
    mod entry;
    mod path;
    pub(crate) use entry::Entry;
}

mod text {
    pub(crate) use crate::fold;
}

use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    compile("lists", ["starter.lists", "first.lists"], |files| {
        let compiled = lists::source::compile(files)?;
        let all = compiled.to_bytes()?;
        Ok([all, lists::first::addresses(compiled)?.to_bytes()?])
    })?;
    compile("lists", ["sites.lists"], |files| {
        // The phrases take long, and nothing of them is wanted here.
        let about_sites = |name: &str| name.starts_with("sites/") || name == "never_read.toml";
        let files: Vec<_> = files.iter().copied().filter(|(name, _)| about_sites(name)).collect();
        let lists::model::Compiled { sites, reasons, never_read, .. } = lists::source::compile(&files)?;
        Ok([lists::listed::Listed { sites, reasons, never_read }.to_bytes()?])
    })?;
    compile("model", ["model.bin"], |files| Ok([model::source::compile(files)?.to_bytes()?]))
}

/// Compiles the files of a folder into files for the crate to include.
fn compile<const FILES: usize>(
    folder: &str,
    outputs: [&str; FILES],
    compiler: impl Fn(&[(&str, &str)]) -> Result<[Vec<u8>; FILES], lists::ListsError>,
) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={folder}");
    let mut files = Vec::new();
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join(folder);
    collect(&root, &root, &mut files)?;
    let borrowed: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    match compiler(&borrowed) {
        Ok(compiled) => {
            let folder = PathBuf::from(std::env::var("OUT_DIR")?);
            for (output, bytes) in outputs.iter().zip(compiled) {
                std::fs::write(folder.join(output), bytes)?;
            }
        }
        Err(error) => {
            // One instruction for each line: Cargo would show only the first of a longer text.
            for line in error.to_string().lines() {
                println!("cargo::error={line}");
            }
        }
    }
    Ok(())
}

/// Every TOML file under a folder, named by its path from the root with `/`.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> Result<(), Box<dyn Error>> {
    for item in std::fs::read_dir(folder)? {
        let path = item?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let name: Vec<_> = path
                .strip_prefix(root)?
                .components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect();
            files.push((name.join("/"), std::fs::read_to_string(&path)?));
        }
    }
    Ok(())
}
