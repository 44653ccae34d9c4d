//! How fast text is checked, by Lapwing and by two peers in the same run, on one core.
//!
//! The same two megabytes for all: natively Lapwing and the crate rustrict; in node, where there is one, Lapwing's
//! WebAssembly and npm's obscenity. Medians of several rounds, timed inside the process, so that starting it is not
//! counted. Prints lines for people, the targets as Markdown and, last, one JSON object. `cargo xtask bench text` builds and fetches what is needed.

mod native;
mod node;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use lapwing_eval::targets::{Sense, Target, row};
use lapwing_eval::{Data, mixed, target_table};
use serde_json::{Map, Value, json};

/// Characters of a window: what the extension reads around the caret is of this size.
const WINDOW: usize = 500;
/// Bytes of mixed text.
const BYTES: usize = 2_000_000;

/// Measures the speed of checking text.
#[derive(Parser)]
struct Options {
    /// The folder of labelled texts; without one our own cases are checked over and over
    #[arg(long)]
    data: Option<PathBuf>,
    /// The folder with the extension's module and its glue
    #[arg(long)]
    wasm: Option<PathBuf>,
    /// The unpacked npm package obscenity
    #[arg(long)]
    obscenity: Option<PathBuf>,
    /// How often everything is measured
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// What is checked.
struct Input {
    texts: Vec<String>,
    windows: Vec<String>,
    bytes: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let data = options.data.as_deref().filter(|folder| folder.is_dir()).map(Data::open).transpose()?;
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mixed = mixed(data.as_ref(), &crates.join("../core/tests/cases"), BYTES)?;
    let input = Input { windows: windows(&mixed.texts), texts: mixed.texts, bytes: mixed.bytes };
    let mut out = std::io::stdout();
    writeln!(
        out,
        "  {:.1} MB in {} texts ({}), one core, median of {} rounds",
        input.bytes as f64 / 1e6,
        input.texts.len(),
        mixed.source,
        options.rounds
    )?;
    let mut all = Map::new();
    all.insert("bytes".into(), json!(input.bytes));
    all.insert("texts".into(), json!(input.texts.len()));
    all.insert("source".into(), json!(mixed.source));
    let mut tell = |name: &str, measured: Value| -> Result<(), Box<dyn Error>> {
        writeln!(out, "{}", line(name, &measured))?;
        all.insert(name.to_owned(), measured);
        Ok(())
    };
    for (name, measured) in native::measure(&input, options.rounds)? {
        tell(name, measured)?;
    }
    for (name, folder) in [("wasm", &options.wasm), ("obscenity", &options.obscenity)] {
        if let Some(folder) = folder {
            tell(name, node::measure(name, folder, &input, options.rounds)?)?;
        }
    }
    let all = Value::from(all);
    writeln!(out, "{}\n{all}", target_table(&targets(&all)).join("\n"))?;
    Ok(())
}

/// Where speed stands. The peers' figures in it are of another machine: those of this run stand in the lines above it.
fn targets(all: &Value) -> Vec<Target> {
    use Sense::{AtLeast, AtMost};
    let of = |path: &str, scale: f64| all.pointer(path).and_then(Value::as_f64).map(|figure| figure / scale);
    vec![
        row("native, MB/s", "1.7 rustrict", 20.0, 100.0, AtLeast, of("/lapwing/mb_s", 1.0)),
        row("WebAssembly, MB/s", "1.2 obscenity", 10.0, 30.0, AtLeast, of("/wasm/mb_s", 1.0)),
        row("loading the lists in WebAssembly, ms", "138", 5.0, 2.0, AtMost, of("/wasm/load_ms", 1.0)),
        row("memory of the module, MB", "-", 12.0, 6.0, AtMost, of("/wasm/memory_bytes", 1e6)),
        row("window in WebAssembly, p99, µs", "-", 200.0, 50.0, AtMost, of("/wasm/warm/p99", 1.0)),
    ]
}

/// All texts as one, in pieces of one size.
fn windows(texts: &[String]) -> Vec<String> {
    let all: Vec<char> = texts.join("\n").chars().collect();
    all.chunks_exact(WINDOW).map(|window| window.iter().collect()).collect()
}

/// One measurement in words.
fn line(name: &str, measured: &Value) -> String {
    let number = |path: &str| measured.pointer(path).and_then(Value::as_f64);
    let mut parts = vec![format!("  {name:<10}")];
    let mut add = |path: &str, what: &str, scale: f64, unit: &str| {
        if let Some(number) = number(path) {
            let places = usize::from(unit != "texts");
            parts.push(format!("{what}{:.places$} {unit}", number / scale));
        }
    };
    add("/mb_s", "", 1.0, "MB/s");
    add("/warm/p50", "window p50 ", 1.0, "µs");
    add("/warm/p99", "p99 ", 1.0, "µs");
    add("/cold/p99", "just woken p99 ", 1.0, "µs");
    add("/load_ms", "load ", 1.0, "ms");
    add("/load_first_ms", "first ", 1.0, "ms");
    add("/compile_ms", "compile ", 1.0, "ms");
    add("/memory_bytes", "memory ", 1e6, "MB");
    add("/flagged", "found in ", 1.0, "texts");
    parts.join("  ")
}
