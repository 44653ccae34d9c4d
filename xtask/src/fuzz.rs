//! `cargo xtask fuzz`: every fuzz target for a while, with what came of it in one table.
//!
//! What must hold is in `fuzz/`; here it is built with cargo-fuzz (libFuzzer and AddressSanitizer), given the seeds and
//! run. The inputs that found a new way are kept in `target/fuzz/corpus`, so that the next run goes on from there.
//! Sanitizers are a nightly feature of the compiler; `RUSTC_BOOTSTRAP` lets the stable one use them, as the compiler's own
//! build does, so that no second toolchain is needed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::say::{Say, seconds};
use crate::{run, tools};

/// Pinned, so that a run means the same next year.
const CARGO_FUZZ: (&str, &str) = ("cargo-fuzz", "0.13.2");

/// An input that takes longer is a finding.
const SLOW: &str = "-timeout=20";
/// Megabytes; more is a finding.
const MEMORY: &str = "-rss_limit_mb=4096";
/// Bytes of an input: a report's words and a whole batch of alerts fit.
const LONGEST: &str = "-max_len=20000";

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 600)]
    seconds: u64,
    /// How many run at once
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// The targets; all of them when none is named
    targets: Vec<String>,
}

/// What came of one target.
struct Outcome {
    target: String,
    executions: u64,
    coverage: u64,
    findings: Vec<PathBuf>,
    log: PathBuf,
}

/// Builds, runs, prints; fails when anything was found.
pub(crate) fn run(say: &Say, place: &Place, options: &Options) -> Result<()> {
    tools::ensure(say, place, &[&tools::CXX])?;
    let cargo_fuzz = tools::cargo_tool(say, place, CARGO_FUZZ)?;
    let all = known(place)?;
    if let Some(unknown) = options.targets.iter().find(|name| !all.contains(name)) {
        bail!("there is no target {unknown}; there are {}", all.join(", "));
    }
    let targets = if options.targets.is_empty() { all } else { options.targets.clone() };
    let folder = place.target.join("fuzz");
    let host = host()?;
    say.step("Building the fuzz targets, with AddressSanitizer", |step| {
        let mut build = run::command(&cargo_fuzz);
        build.args([
            "fuzz",
            "build",
            "--fuzz-dir",
            "fuzz",
            "--features",
            "fuzz,relay",
            "--target",
            &host,
            "--target-dir",
        ]);
        build.arg(&folder).current_dir(&place.root).env("RUSTC_BOOTSTRAP", "1");
        run::quietly(step, &place.logs().join("fuzz-build.log"), &mut build)
    })?;
    say.step("Writing the seeds", |step| {
        let mut seeds = run::cargo();
        seeds.args(["run", "--package", "lapwing-fuzz", "--example", "seeds", "--"]);
        seeds.arg(folder.join("seeds")).args(&targets).current_dir(&place.root);
        run::quietly(step, &place.logs().join("fuzz-seeds.log"), &mut seeds)
    })?;
    let programs = folder.join(&host).join("release");
    let started = Instant::now();
    let waiting = Mutex::new(targets.into_iter().rev().collect::<Vec<_>>());
    let outcomes = Mutex::new(Vec::new());
    let next = || waiting.lock().ok().and_then(|mut waiting| waiting.pop());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                while let Some(target) = next() {
                    say.line(&format!("  {target}: {} s ...", options.seconds));
                    let outcome = fuzz(place, &folder, &programs.join(&target), &target, options.seconds);
                    if let Ok(mut outcomes) = outcomes.lock() {
                        outcomes.push(outcome);
                    }
                }
            });
        }
    });
    let outcomes: Vec<Outcome> =
        outcomes.into_inner().unwrap_or_default().into_iter().collect::<Result<_>>()?;
    report(say, outcomes, options.seconds)?;
    say.line(&format!("  everything took {}", seconds(started.elapsed())));
    Ok(())
}

/// The names of the targets: the files in `fuzz/targets`.
fn known(place: &Place) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(place.root.join("fuzz/targets"))? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// The machine's own target triple, which cargo-fuzz puts into the path of what it builds.
fn host() -> Result<String> {
    let version = run::answer(run::command("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc -vV names no host")
}

fn fuzz(place: &Place, folder: &Path, program: &Path, target: &str, time: u64) -> Result<Outcome> {
    let corpus = folder.join("corpus").join(target);
    let findings = folder.join("findings").join(target);
    fs::create_dir_all(&corpus)?;
    // Of an earlier run: what still fails is found again at once, because the corpus leads there.
    fs::remove_dir_all(&findings).ok();
    fs::create_dir_all(&findings)?;
    let log = place.logs().join(format!("fuzz-{target}.log"));
    let out = File::create(&log).with_context(|| format!("cannot write the log {}", log.display()))?;
    let mut command: Command = run::command(program);
    command.arg(&corpus).arg(folder.join("seeds").join(target));
    command.arg(format!("-max_total_time={time}")).args([SLOW, MEMORY, LONGEST, "-print_final_stats=1"]);
    command.arg(format!("-artifact_prefix={}/", findings.display()));
    // SQLite's one source file has two tables of the same name, each in a function of its own, which looks like one defined
    // twice.
    command.env("ASAN_OPTIONS", "detect_odr_violation=0");
    // Databases of the request target: in memory, where there is such a place.
    if Path::new("/dev/shm").is_dir() {
        command.env("TMPDIR", "/dev/shm");
    }
    command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
    let status = command.status().with_context(|| format!("cannot start {}", program.display()))?;
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let mut found: Vec<PathBuf> =
        fs::read_dir(&findings)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    found.sort();
    if !status.success() && found.is_empty() {
        bail!("{target} did not run ({status}); see {}", log.display());
    }
    let (executions, coverage) = statistics(&text);
    Ok(Outcome { target: target.to_owned(), executions, coverage, findings: found, log })
}

/// Executions and edges covered, from what libFuzzer printed last.
fn statistics(log: &str) -> (u64, u64) {
    let number = |line: &str, after: &str| -> Option<u64> {
        line.split_once(after)?.1.split_whitespace().next()?.parse().ok()
    };
    let mut executions = 0;
    let mut coverage = 0;
    for line in log.lines() {
        if line.starts_with('#') {
            let units = line.get(1..).and_then(|rest| rest.split_whitespace().next()?.parse().ok());
            executions = units.unwrap_or(executions);
            coverage = number(line, "cov: ").unwrap_or(coverage);
        }
        executions = number(line, "stat::number_of_executed_units:").unwrap_or(executions);
    }
    (executions, coverage)
}

fn report(say: &Say, mut outcomes: Vec<Outcome>, time: u64) -> Result<()> {
    outcomes.sort_by(|a, b| a.target.cmp(&b.target));
    say.line(&format!("  {:<14} {:>12} {:>9} {:>8}  findings", "target", "executions", "a second", "edges"));
    for Outcome { target, executions, coverage, findings, .. } in &outcomes {
        let rate = executions / time.max(1);
        say.line(&format!("  {target:<14} {executions:>12} {rate:>9} {coverage:>8}  {}", findings.len()));
    }
    let found: Vec<String> = outcomes
        .iter()
        .flat_map(|outcome| outcome.findings.iter().map(move |file| (outcome, file)))
        .map(|(outcome, file)| {
            format!("{}: {} (why: the end of {})", outcome.target, file.display(), outcome.log.display())
        })
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    bail!(
        "{} inputs break what must hold. Mend each, and keep it as a test beside the mended code:\n{}",
        found.len(),
        found.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libfuzzer_prints_is_read() {
        let log = "INFO: seed corpus\n#2\tINITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 40Mb\n\
                   #4096\tpulse  cov: 340 ft: 900 corp: 40/3Kb lim: 40 exec/s: 2048 rss: 60Mb\n\
                   stat::number_of_executed_units: 5000\nstat::average_exec_per_sec:     833\n";
        assert_eq!(statistics(log), (5_000, 340));
        assert_eq!(statistics(""), (0, 0));
    }
}
