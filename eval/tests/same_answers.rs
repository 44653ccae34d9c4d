//! Native code and WebAssembly give identical answers: on all of the project's own cases, plain and disguised, what the
//! extension's packed module says is compared byte by byte with what the same engine says on the machine that built it.
//!
//! It needs the module, which `cargo xtask build` makes, and node; `cargo xtask test` sees to both and runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the message")]

use lapwing_core::scan::scan_line;
use lapwing_core::{Audience, Engine, Lists, Policy, Surface};
use lapwing_eval::{Disguise, read_cases};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where xtask leaves the module and its glue.
fn module() -> PathBuf {
    let folder = std::env::var_os("LAPWING_WASM").map(PathBuf::from);
    let folder =
        folder.expect("LAPWING_WASM names the folder with the extension's module: run cargo xtask test");
    assert!(folder.join("lapwing_extension_bg.wasm").is_file(), "no module at {}", folder.display());
    folder
}

/// Each case as it is and under every disguise, each of them on every surface.
fn questions() -> Vec<String> {
    let cases = read_cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/cases")).unwrap();
    let mut lines = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let disguised = Disguise::ALL.iter().map(|disguise| disguise.apply(&case.text, number as u64));
        for text in std::iter::once(case.text.clone()).chain(disguised) {
            lines.push(json!({ "id": lines.len(), "text": text, "surface": case.surface }).to_string());
        }
        for surface in Surface::ALL.iter().filter(|surface| **surface != case.surface) {
            lines.push(json!({ "id": lines.len(), "text": case.text, "surface": surface }).to_string());
        }
    }
    lines
}

#[test]
#[ignore = "needs the extension's module and node: cargo xtask test"]
fn native_and_wasm_answer_alike() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("js/answers.js");
    let questions = questions();
    let mut node = Command::new("node");
    node.arg(script).arg(module()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = node.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = questions.join("\n");
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let wasm = String::from_utf8(output.stdout).unwrap();

    let engine = Engine::new(Lists::starter().unwrap(), Policy::school_default(Audience::Year(9))).unwrap();
    let native: Vec<String> =
        questions.iter().map(|line| scan_line(&engine, line).unwrap().to_string()).collect();
    let found = native.iter().filter(|answer| answer.contains("\"rule\"")).count();
    assert!(found > 1_000, "only {found} answers say anything: nothing is compared here");
    assert_eq!(wasm.lines().count(), native.len());
    for ((question, native), wasm) in questions.iter().zip(&native).zip(wasm.lines()) {
        assert_eq!(native, wasm, "{question}");
    }
}
