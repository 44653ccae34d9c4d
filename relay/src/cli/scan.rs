//! `lapwing-relay scan`: what the extension would say about an address or a text, under the school's own lists and
//! policy, without a browser. The answers themselves are `lapwing_core::scan`'s.

use anyhow::{Context as _, bail};
use clap::Args;
use lapwing_core::pack::{Kind, Pack, PublicKey};
use lapwing_core::scan::scan_line;
use lapwing_core::{Audience, Engine, Lists, ManagedPolicy, Policy, Sites};
use std::io::{BufRead, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// What to scan with.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Folder of phrase and site lists, laid out as core/lists; the built-in lists when absent
    #[arg(long, value_name = "DIR")]
    lists: Option<PathBuf>,
    /// A pack, whose sites are asked too; and its phrases, where it has some and --lists is absent
    #[arg(long, value_name = "FILE")]
    pack: Option<PathBuf>,
    /// The public key of the pack; without it the pack is only checked against the key that it names itself
    #[arg(long, value_name = "BASE64", requires = "pack")]
    key: Option<PublicKey>,
    /// Policy as the extension gets it, JSON; the school default when absent
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Year group of the pupil, 0 (reception) to 13, for the school default
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u8).range(0..=13), conflicts_with = "policy")]
    year: u8,
}

/// Answers each line of `input` with one line on `output`, in order. A line that cannot be answered gets one that says
/// why, and the program fails at the end.
pub(super) fn scan(options: &Options, input: impl BufRead, output: impl Write) -> anyhow::Result<ExitCode> {
    let pack = options.pack.as_deref().map(|file| from_pack(file, options.key)).transpose()?;
    let lists = match (&options.lists, pack.as_ref().and_then(|pack| pack.section(Kind::Phrases))) {
        (Some(folder), _) => from_folder(folder)?,
        (None, Some(bytes)) => Lists::from_bytes(bytes)?,
        (None, None) => Lists::starter()?,
    };
    let policy = match &options.policy {
        Some(file) => from_file(file)?,
        None => Policy::school_default(Audience::Year(options.year)),
    };
    let mut engine = Engine::new(lists, policy)?;
    if let Some(pack) = pack {
        engine = engine.with_sites(Arc::new(Sites::new(pack)?));
    }
    let mut output = BufWriter::new(output);
    let mut code = ExitCode::SUCCESS;
    for line in input.lines() {
        let line = line.context("standard input could not be read as UTF-8 text")?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = scan_line(&engine, &line).unwrap_or_else(|error| {
            code = ExitCode::FAILURE;
            error.to_json()
        });
        writeln!(output, "{answer}")?;
    }
    output.flush()?;
    Ok(code)
}

fn from_pack(file: &Path, key: Option<PublicKey>) -> anyhow::Result<Pack> {
    let bytes = std::fs::read(file).with_context(|| format!("--pack {}", file.display()))?;
    let key = key.map_or_else(|| Pack::signer(&bytes), Ok);
    key.and_then(|key| Pack::open(bytes, &key, 0)).with_context(|| format!("--pack {}", file.display()))
}

fn from_file(file: &Path) -> anyhow::Result<Policy> {
    let text = std::fs::read_to_string(file).with_context(|| format!("--policy {}", file.display()))?;
    let json =
        serde_json::from_str(&text).with_context(|| format!("--policy {} is not JSON", file.display()))?;
    let managed = ManagedPolicy::from_json(&json).with_context(|| format!("--policy {}", file.display()))?;
    Ok(managed.policy)
}

pub(super) fn from_folder(folder: &Path) -> anyhow::Result<Lists> {
    let mut sources = Vec::new();
    read_folder(folder, folder, &mut sources).with_context(|| format!("--lists {}", folder.display()))?;
    if sources.is_empty() {
        bail!("--lists {}: there is no .toml file in it", folder.display());
    }
    sources.sort();
    let sources: Vec<_> = sources.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Ok(Lists::from_sources(&sources)?)
}

fn read_folder(root: &Path, folder: &Path, sources: &mut Vec<(String, String)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_folder(root, &path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            sources.push((name, std::fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(options: &Options, input: &str) -> (String, bool) {
        let mut output = Vec::new();
        let code = scan(options, input.as_bytes(), &mut output).unwrap();
        (String::from_utf8(output).unwrap(), code == ExitCode::SUCCESS)
    }

    const DEFAULT: Options = Options { lists: None, pack: None, key: None, policy: None, year: 9 };

    #[test]
    fn each_line_is_answered_in_order_and_bad_ones_fail_the_run() {
        let input = "{\"id\":1,\"text\":\"see you at lunch\"}\n\nnot json\n{\"id\":\"c\",\"url\":\"https://a.example/\"}\n";
        let (output, sound) = run(&DEFAULT, input);
        let lines: Vec<serde_json::Value> =
            output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3, "{output}");
        assert_eq!((&lines[0]["id"], &lines[0]["alert"]), (&1.into(), &false.into()));
        assert!(lines[1]["error"].is_string());
        assert_eq!(lines[2]["id"], "c");
        assert!(!sound);
    }

    #[test]
    fn a_folder_or_file_that_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let empty = Options { lists: Some(folder.path().to_path_buf()), ..DEFAULT };
        let error = format!("{:#}", scan(&empty, "".as_bytes(), Vec::new()).unwrap_err());
        assert!(error.contains("no .toml file"), "{error}");
        let file = folder.path().join("policy.json");
        std::fs::write(&file, "{}").unwrap();
        let unset = Options { policy: Some(file), ..DEFAULT };
        let error = format!("{:#}", scan(&unset, "".as_bytes(), Vec::new()).unwrap_err());
        assert!(error.contains("policy.json"), "{error}");
    }
}
