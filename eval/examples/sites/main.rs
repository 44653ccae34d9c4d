//! How fast a host is looked up among millions, how many bytes a name takes, and how long loading takes: Lapwing's map beside
//! what others use, on the same lists and the same questions, in one run on one core.
//!
//! Natively Lapwing, an `fst` map of reversed names and adblock-rust; in node, where there is one, Lapwing's WebAssembly asked
//! from JavaScript, a JavaScript `Set` with a walk over the parents, and uBlock Origin's `HNTrieContainer`. Medians of several
//! rounds. Published lists lie outside the repository; five million made-up names are made here, always the same.
//! `cargo xtask bench sites` builds and fetches what is needed.

mod lists;
mod native;
mod node;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use lists::List;
use serde_json::{Map, Value, json};

/// Measures looking up sites.
#[derive(Parser)]
struct Options {
    /// The folder of published lists
    #[arg(long)]
    lists: Option<PathBuf>,
    /// How many made-up names the second list has; none leaves it out
    #[arg(long, default_value_t = 5_000_000)]
    names: usize,
    /// The folder with the extension's module and its glue
    #[arg(long)]
    wasm: Option<PathBuf>,
    /// The unpacked npm package @gorhill/ubo-core
    #[arg(long)]
    ubo: Option<PathBuf>,
    /// How often everything is measured
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let mut all = Map::new();
    let mut found = Vec::new();
    match options.lists.as_deref().filter(|folder| folder.is_dir()) {
        Some(folder) => found.push(("published", List::published(folder)?)),
        None => writeln!(
            std::io::stdout(),
            "  There are no published lists to measure with: name their folder with --data"
        )?,
    }
    if options.names > 0 {
        found.push(("made_up", List::made_up(options.names)));
    }
    for (name, list) in found {
        all.insert(name.to_owned(), measure(&options, &list)?);
    }
    writeln!(std::io::stdout(), "{}", Value::from(all))?;
    Ok(())
}

fn measure(options: &Options, list: &List) -> Result<Value, Box<dyn Error>> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "  {}: {} names, {} hosts asked, of which {} are listed; one core, median of {} rounds",
        list.name,
        list.rules.len(),
        list.asked.len(),
        list.listed,
        options.rounds
    )?;
    let mut all = Map::new();
    all.insert("names".into(), json!(list.rules.len()));
    all.insert("listed".into(), json!(list.listed));
    let mut tell = |name: &str, measured: Value| -> Result<(), Box<dyn Error>> {
        writeln!(out, "{}", line(name, &measured))?;
        if measured["found"].as_u64().is_some_and(|found| found != list.listed as u64) {
            writeln!(out, "    (it finds another number than are listed)")?;
        }
        all.insert(name.to_owned(), measured);
        Ok(())
    };
    let native = native::Peers::new(list)?;
    for (name, measured) in native.measure(list, options.rounds)? {
        tell(name, measured)?;
    }
    let folders: [(&str, Option<&Path>); 3] = [
        ("wasm", options.wasm.as_deref()),
        ("set", options.wasm.as_deref()),
        ("hntrie", options.ubo.as_deref()),
    ];
    for (name, folder) in folders {
        if let Some(folder) = folder {
            tell(name, node::measure(name, folder, list, native.pack(), options.rounds)?)?;
        }
    }
    Ok(Value::from(all))
}

/// One measurement in words.
fn line(name: &str, measured: &Value) -> String {
    let mut parts = vec![format!("  {name:<10}")];
    let mut add = |path: &str, what: &str, unit: &str| {
        if let Some(number) = measured[path].as_f64() {
            parts.push(format!("{what}{number:.2} {unit}"));
        }
    };
    add("host_us", "host ", "µs");
    add("address_us", "address ", "µs");
    add("bytes_each", "", "bytes a name");
    add("load_ms", "load ", "ms");
    add("build_ms", "build ", "ms");
    add("change_bytes", "5,000 names changed ", "bytes");
    add("change_ms", "laid on in ", "ms");
    parts.join("  ")
}
