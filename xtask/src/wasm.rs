//! The extension's WebAssembly modules: compiler, build, JavaScript glue, shrinking, size budgets.
//!
//! There are two of the same crate. The small one is all that a worker has in its first turn, while a page waits, and lies in the
//! worker's script; the whole one is a file of its own, which is read after that turn.
//!
//! Two compilers can do it. Where rustup has the wasm32 target, the workspace's own; otherwise Debian's, which brings the
//! source of the standard library and builds it (`-Zbuild-std`), cached in target/wasm like anything else. The glue comes
//! from wasm-bindgen as a library, pinned to the version that the module was built with, so the two cannot drift.

mod features;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lapwing_core::Lists;
use wasm_bindgen_cli_support::Bindgen;
use wasmparser::ExternalKind;

use crate::place::Place;
use crate::say::Say;
use crate::{run, tools};

const TARGET: &str = "wasm32-unknown-unknown";
/// The script that carries the first module is read, decoded and compiled each time the worker wakes, while a page waits for its
/// first decision: some eight milliseconds a megabyte here, and as many again for the code that it is. (In it, as text, was the whole
/// engine before, 1.6 MB.)
const FIRST_BUDGET: usize = 415_000;
/// The whole module comes after that decision.
const BUDGET: usize = 1_600_000;
/// The lists come after that decision, in a file that is read as it is, and stay in the worker's memory. (They were inside the
/// module before, and were given room for half as many phrases again, and then as many once more, by which 58 of 100 sentences that
/// nobody had looked at are told instead of 42: a child who is missed weighs more than a few milliseconds.)
const LISTS_BUDGET: usize = 3_500_000;
/// The lists' file, in the folder of the module and in the extension's package.
pub(crate) const LISTS: &str = "starter.lists";
/// What today's rustc writes, told to a wasm-opt that may be older than that.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-simd",
];

/// A finished module and the script that loads it.
pub(crate) struct Module {
    /// The glue: an ES module with `initSync`.
    pub(crate) glue: String,
    /// The module's bytes.
    pub(crate) wasm: Vec<u8>,
}

/// All that the extension has of WebAssembly.
pub(crate) struct Modules {
    /// What answers in a worker's first turn.
    pub(crate) first: Module,
    /// Everything.
    pub(crate) whole: Module,
    /// The lists that the extension carries beside them.
    pub(crate) lists: &'static [u8],
}

/// One of the two.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Whole,
}

impl Part {
    /// Its folder beside the other's.
    const fn folder(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Whole => "pkg",
        }
    }

    /// How wasm-opt is to shrink it. A browser compiles a function when it is first called: of what a page waits for, nothing may
    /// be put back into the function that calls it, where the compiler left it out of the way.
    const fn shrinking(self) -> &'static [&'static str] {
        match self {
            Self::First => &["-Os", "--one-caller-inline-max-function-size=12"],
            Self::Whole => &["-O3"],
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::First => "the first module",
            Self::Whole => "the module",
        }
    }

    const fn budget(self) -> usize {
        match self {
            Self::First => FIRST_BUDGET,
            Self::Whole => BUDGET,
        }
    }
}

enum Compiler {
    /// The workspace's own toolchain with the wasm32 target.
    Rustup,
    /// Debian's rustc, cargo and standard library source; this linker.
    Debian(PathBuf),
}

/// Builds the modules with whichever compiler there is, or can be had.
pub(crate) fn build(say: &Say, place: &Place) -> Result<Modules> {
    let compiler = find_compiler(say, place)?;
    let lists = Lists::starter_bytes();
    let first = part(say, place, &compiler, Part::First)?;
    let whole = part(say, place, &compiler, Part::Whole)?;
    fs::write(folder(place).join(LISTS), lists)?;
    say.line(&format!("  its lists {} KB, budget {} KB", lists.len() / 1000, LISTS_BUDGET / 1000));
    if lists.len() > LISTS_BUDGET {
        bail!(
            "the lists are over their budget: make them smaller, or raise LISTS_BUDGET in xtask/src/wasm.rs and say why"
        );
    }
    Ok(Modules { first, whole, lists })
}

fn part(say: &Say, place: &Place, compiler: &Compiler, part: Part) -> Result<Module> {
    let (name, budget) = (part.name(), part.budget());
    let step = match compiler {
        Compiler::Rustup => format!("Building {name} of the extension's WebAssembly"),
        Compiler::Debian(_) => format!(
            "Building {name} of the extension's WebAssembly with Debian's rustc (the first time takes minutes)"
        ),
    };
    say.step(&step, |step| {
        run::quietly(step, &place.logs().join("wasm.log"), &mut cargo(place, compiler, part))
    })?;
    // Both are built to this place: it is read before the other one is.
    let raw = place.wasm().join(TARGET).join("wasm/lapwing_extension.wasm");
    let raw = fs::read(&raw).with_context(|| format!("cargo left no module at {}", raw.display()))?;
    let module = finish(say, place, part, &raw)?;
    say.line(&format!("  {name} {} KB, budget {} KB", module.wasm.len() / 1000, budget / 1000));
    // What nobody shrank says nothing about what is shipped.
    if module.wasm.len() > budget && tools::find(&["wasm-opt"]).is_some() {
        bail!("{name} is over its budget: make it smaller, or raise it in xtask/src/wasm.rs and say why");
    }
    Ok(module)
}

fn find_compiler(say: &Say, place: &Place) -> Result<Compiler> {
    if rustup_has_target() {
        return Ok(Compiler::Rustup);
    }
    if let Some(compiler) = debian() {
        return Ok(compiler);
    }
    let mut add = run::command("rustup");
    add.args(["target", "add", TARGET]);
    if run::tried(&mut add, Duration::from_secs(60)) && rustup_has_target() {
        return Ok(Compiler::Rustup);
    }
    say.note("rustup could not add the wasm32 target; Debian's compiler and standard library source will do");
    tools::install(
        say,
        place,
        "a compiler for WebAssembly",
        &["rustc-web", "cargo-web", "rust-web-src", "lld"],
    )?;
    debian().context(
        "Debian's rustc-web, cargo-web and rust-web-src are installed, but too old for this workspace",
    )
}

fn rustup_has_target() -> bool {
    run::answer(run::command("rustc").args(["--print", "target-libdir", "--target", TARGET]))
        .is_ok_and(|folder| Path::new(&folder).is_dir())
}

/// Debian's compiler, when it is there, complete and new enough.
fn debian() -> Option<Compiler> {
    let sysroot = run::answer(run::command("/usr/bin/rustc").args(["--print", "sysroot"])).ok()?;
    if !Path::new(&sysroot).join("lib/rustlib/src/rust/library/std").is_dir()
        || !Path::new("/usr/bin/cargo").is_file()
    {
        return None;
    }
    let version = run::answer(run::command("/usr/bin/rustc").arg("--version")).ok()?;
    if !new_enough(&version, env!("CARGO_PKG_RUST_VERSION")) {
        return None;
    }
    Some(Compiler::Debian(linker()?))
}

/// Whether `rustc 1.96.0 (...)` is at least `1.95`.
fn new_enough(version: &str, wanted: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> { text.split('.').map_while(|part| part.parse().ok()).collect() };
    let have = version.split_whitespace().nth(1).map(numbers).unwrap_or_default();
    have >= numbers(wanted)
}

/// A linker for WebAssembly: the one inside the workspace's own toolchain, or Debian's.
fn linker() -> Option<PathBuf> {
    let inside = run::answer(run::command("rustc").args(["--print", "target-libdir"])).ok().map(|libdir| {
        let mut path = PathBuf::from(libdir);
        path.pop();
        path.join("bin/rust-lld")
    });
    inside.filter(|path| path.is_file()).or_else(|| tools::find(&["wasm-ld"]))
}

fn cargo(place: &Place, compiler: &Compiler, part: Part) -> Command {
    let mut command = match compiler {
        Compiler::Rustup => run::cargo(),
        Compiler::Debian(linker) => {
            let mut command = run::command("/usr/bin/cargo");
            command.env("RUSTC", "/usr/bin/rustc").env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
            // -Zbuild-std is for nightly compilers; a stable one does it too when told that we know.
            command.env("RUSTC_BOOTSTRAP", "1");
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            command
        }
    };
    command.current_dir(&place.root).env("CARGO_TARGET_DIR", place.wasm());
    command.env("RUSTFLAGS", remap(place));
    command.args(["build", "--profile", "wasm", "--package", "lapwing-extension", "--target", TARGET]);
    if part == Part::First {
        command.arg("--no-default-features");
    }
    if matches!(compiler, Compiler::Debian(_)) {
        command.arg("-Zbuild-std=std,panic_abort");
    }
    command
}

/// Panic messages name source files; no school needs to know whose home folder they were built in.
fn remap(place: &Place) -> String {
    // Debian's wasm-opt (108) breaks the table that wasm-bindgen makes for reference types; without them it makes none.
    // Every browser that the manifest allows has had 128-bit vectors for years; tables are read and compared by them.
    let mut flags = format!(
        "-Ctarget-feature=-reference-types,+simd128 --remap-path-prefix={}=lapwing",
        place.root.display()
    );
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    if let Some(home) = cargo_home {
        flags.push_str(&format!(" --remap-path-prefix={}=cargo", home.display()));
    }
    flags
}

/// Where the finished whole module and its glue are kept.
pub(crate) fn folder(place: &Place) -> PathBuf {
    place.wasm().join(Part::Whole.folder())
}

/// Glue and shrinking, skipped when the compiler's output is the one of last time.
fn finish(say: &Say, place: &Place, part: Part, raw: &[u8]) -> Result<Module> {
    let (folder, optimiser) = (place.wasm().join(part.folder()), optimiser(say, place));
    let (glue, wasm, stamp) =
        (folder.join("lapwing_extension.js"), folder.join("lapwing_extension_bg.wasm"), folder.join("stamp"));
    let mut hasher = DefaultHasher::new();
    // The recipe counts too: change this number with it.
    (raw, optimiser.is_some(), part.shrinking(), 4).hash(&mut hasher);
    let mark = format!("{:016x}", hasher.finish());
    if fs::read_to_string(&stamp).is_ok_and(|old| old == mark) {
        return Ok(Module { glue: fs::read_to_string(glue)?, wasm: fs::read(wasm)? });
    }
    say.step("Making the glue and shrinking the module", |step| {
        // The standard library that rustup brings was built with references, and says so for the whole module: wasm-bindgen
        // would look for its table of them, which this module was built without.
        let raw = features::without(raw, "reference-types")?;
        let mut bindgen = Bindgen::new();
        bindgen.input_bytes("lapwing_extension", raw).typescript(false).omit_default_module_path(true);
        bindgen.remove_name_section(true).remove_producers_section(true);
        #[allow(
            deprecated,
            reason = "with a table of references Debian 12's wasm-opt exports the wrong table, and the \
                 worker dies at its start; without them nothing here is slower"
        )]
        bindgen.reference_types(false);
        bindgen.web(true)?.generate(&folder).context("wasm-bindgen could not read the module")?;
        match optimiser {
            None => {}
            Some(program) => {
                let small = folder.join("optimised.wasm");
                let mut shrink = run::command(program);
                shrink.args(part.shrinking()).args(FEATURES).arg(&wasm).arg("-o").arg(&small);
                let shrunk = run::quietly(step, &place.logs().join("wasm-opt.log"), &mut shrink);
                match shrunk.and_then(|()| check(&small)).and_then(|()| same_exports(&wasm, &small)) {
                    Ok(()) => fs::rename(&small, &wasm)?,
                    Err(error) => say.note(&format!("the unoptimised module is used: {error}")),
                }
            }
        }
        check(&wasm)?;
        fs::write(&stamp, mark)?;
        Ok(Module { glue: fs::read_to_string(glue)?, wasm: fs::read(wasm)? })
    })
}

/// Debian's wasm-opt, installed where it is missing. A machine that cannot have it builds a larger module.
fn optimiser(say: &Say, place: &Place) -> Option<PathBuf> {
    if let Err(error) = tools::ensure(say, place, &[&tools::BINARYEN]) {
        say.note(&format!("the module stays unoptimised, and larger: {error}"));
    }
    tools::find(&["wasm-opt"])
}

/// Whether the file is a module that a browser would take.
fn check(file: &Path) -> Result<()> {
    let bytes = fs::read(file)?;
    wasmparser::validate(&bytes).with_context(|| format!("{} is no valid WebAssembly", file.display()))?;
    Ok(())
}

/// Whether both modules offer the same names for the same kinds of things: what the glue relies on.
fn same_exports(before: &Path, after: &Path) -> Result<()> {
    let (before, after) = (exports(&fs::read(before)?)?, exports(&fs::read(after)?)?);
    if before != after {
        bail!("wasm-opt changed what the module exports, from {before:?} to {after:?}");
    }
    Ok(())
}

/// Name, kind, and for a table what it holds.
fn exports(module: &[u8]) -> Result<Vec<(String, String)>> {
    let (mut tables, mut found) = (Vec::new(), Vec::new());
    for part in wasmparser::Parser::new(0).parse_all(module) {
        match part? {
            wasmparser::Payload::TableSection(section) => {
                for table in section {
                    tables.push(format!("table of {}", table?.ty.element_type));
                }
            }
            wasmparser::Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let table =
                        tables.get(export.index as usize).filter(|_| export.kind == ExternalKind::Table);
                    let kind = table.cloned().unwrap_or_else(|| format!("{:?}", export.kind));
                    found.push((export.name.to_owned(), kind));
                }
            }
            _ => {}
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(new_enough("rustc 1.96.0 (ac68faa20 2026-05-25)", "1.95"));
        assert!(new_enough("rustc 1.100.0", "1.95"));
        assert!(!new_enough("rustc 1.85.0 (4d91de4e4)", "1.95"));
        assert!(!new_enough("", "1.95"));
    }

    #[test]
    fn a_table_of_another_kind_is_another_export() {
        // (module (table $a 1 funcref) (table $b 1 externref) (export "t" (table N)))
        let module = |table: u8| {
            let mut bytes = b"\0asm\x01\0\0\0".to_vec();
            bytes.extend([4, 7, 2, 0x70, 0, 1, 0x6f, 0, 1]);
            bytes.extend([7, 5, 1, 1, b't', 1, table]);
            bytes
        };
        assert_eq!(exports(&module(0)).unwrap(), exports(&module(0)).unwrap());
        assert_ne!(exports(&module(0)).unwrap(), exports(&module(1)).unwrap());
    }

    #[test]
    fn a_broken_module_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("broken.wasm");
        fs::write(&file, b"\0asm\x01\0\0\0\xff\xff").unwrap();
        assert!(check(&file).is_err());
        fs::write(&file, b"\0asm\x01\0\0\0").unwrap();
        assert!(check(&file).is_ok());
    }
}
