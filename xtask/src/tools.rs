//! Finding the programs that Lapwing needs, and installing Debian's packages where that is allowed.
//!
//! Packages are installed only as root or with a sudo that asks no password; otherwise the error is the exact command to
//! run. What is looked for: Chromium and its driver, PostgreSQL, binaryen, node and npm (for axe-core).

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::run;
use crate::say::Say;

/// The accessibility checker that the browser tests inject; pinned, so that a run means the same next year.
const AXE: &str = "axe-core@4.14.1";

/// The first of these programs that is on the path.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|dir| names.iter().map(move |name| dir.join(name)))
        .find(|file| file.is_file())
}

/// What must be there, as a name to look for and the Debian packages that bring it.
pub(crate) struct Need {
    /// For people: "Chromium and its driver".
    pub(crate) what: &'static str,
    /// Whether it is there.
    pub(crate) present: fn() -> bool,
    /// The packages that bring it.
    pub(crate) packages: &'static [&'static str],
}

/// Chromium and chromedriver, of one version because one source package builds both.
pub(crate) const BROWSER: Need = Need {
    what: "Chromium and its driver",
    present: || find(&["chromium"]).is_some() && find(&["chromedriver"]).is_some(),
    packages: &["chromium", "chromium-driver"],
};

/// PostgreSQL's server programs: the database tests start a server of their own.
pub(crate) const POSTGRESQL: Need = Need {
    what: "PostgreSQL",
    present: || {
        std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|mut versions| {
            versions.any(|version| version.is_ok_and(|v| v.path().join("bin/initdb").is_file()))
        })
    },
    packages: &["postgresql"],
};

/// wasm-opt, which makes the extension's module smaller.
pub(crate) const BINARYEN: Need =
    Need { what: "wasm-opt", present: || find(&["wasm-opt"]).is_some(), packages: &["binaryen"] };

/// strace, which records what the relay writes and makes its syncs fail.
pub(crate) const STRACE: Need =
    Need { what: "strace", present: || find(&["strace"]).is_some(), packages: &["strace"] };

/// npm, which fetches axe-core, and with it node, which checks the JavaScript's syntax.
pub(crate) const NPM: Need = Need {
    what: "npm (fetches axe-core) and node (checks the JavaScript)",
    present: || find(&["npm"]).is_some() && find(&["node"]).is_some(),
    packages: &["npm"],
};

/// A C++ compiler, which builds libFuzzer.
pub(crate) const CXX: Need = Need {
    what: "A C++ compiler",
    present: || find(&["c++", "g++", "clang++"]).is_some(),
    packages: &["g++"],
};

/// Makes sure that all of `needs` are there.
pub(crate) fn ensure(say: &Say, place: &Place, needs: &[&Need]) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().copied().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages.iter().copied()).collect();
    let what: Vec<&str> = missing.iter().map(|need| need.what).collect();
    install(say, place, &what.join(", "), &packages)?;
    match missing.iter().find(|need| !(need.present)()) {
        Some(need) => bail!("{} is still missing after installing {}", need.what, need.packages.join(" ")),
        None => Ok(()),
    }
}

/// Installs Debian packages, or says exactly which command does.
pub(crate) fn install(say: &Say, place: &Place, what: &str, packages: &[&str]) -> Result<()> {
    let by_hand = format!("sudo apt-get update && sudo apt-get install -y {}", packages.join(" "));
    if find(&["apt-get"]).is_none() {
        bail!(
            "{what} is needed and this machine has no apt-get: install it by its own means (Debian: {by_hand})"
        );
    }
    let root = run::answer(run::command("id").arg("-u")).is_ok_and(|id| id == "0");
    if !root && !run::tried(run::command("sudo").args(["-n", "true"]), Duration::from_secs(5)) {
        bail!("{what} is needed. Run this, then try again:\n  {by_hand}");
    }
    let apt = |arguments: &[&str]| {
        let mut command = if root { run::command("apt-get") } else { run::command("sudo") };
        if !root {
            command.args(["-n", "apt-get"]);
        }
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    say.step(&format!("Installing {what} (apt-get install {})", packages.join(" ")), |step| {
        let log = place.logs().join("apt.log");
        run::quietly(step, &log, &mut apt(&["update"]))
            .context("the list of Debian packages could not be read")?;
        let mut arguments = vec!["install", "-y", "--no-install-recommends"];
        arguments.extend(packages);
        run::quietly(step, &log, &mut apt(&arguments)).with_context(|| format!("to do it by hand: {by_hand}"))
    })
}

/// Makes sure that rustfmt and clippy are there, which rustup's minimal profile leaves out.
pub(crate) fn components() -> Result<()> {
    let there =
        || ["fmt", "clippy"].iter().all(|tool| run::answer(run::cargo().args([tool, "--version"])).is_ok());
    if there() {
        return Ok(());
    }
    run::tried(
        run::command("rustup").args(["component", "add", "rustfmt", "clippy"]),
        Duration::from_secs(120),
    );
    if !there() {
        bail!(
            "rustfmt or clippy is missing. Run this, then try again:\n  rustup component add rustfmt clippy"
        );
    }
    Ok(())
}

/// A tool of cargo's by name and version: one that is on the path in any version, else one built once into the target
/// folder, which takes some minutes.
pub(crate) fn cargo_tool(say: &Say, place: &Place, (name, version): (&str, &str)) -> Result<PathBuf> {
    let own = place.tools().join("bin").join(name);
    if let Some(there) = find(&[name]).or_else(|| own.is_file().then(|| own.clone())) {
        return Ok(there);
    }
    say.step(&format!("Building {name} {version} (once)"), |step| {
        let mut install = run::cargo();
        install.args(["install", "--locked", "--version", version, name, "--root"]).arg(place.tools());
        install.env("CARGO_TARGET_DIR", place.tools().join("build"));
        run::quietly(step, &place.logs().join(format!("{name}.log")), &mut install)
    })?;
    Ok(own)
}

/// Fetches axe-core once and gives its file.
pub(crate) fn axe(say: &Say, place: &Place) -> Result<PathBuf> {
    npm_package(say, place, AXE).map(|folder| folder.join("axe.min.js"))
}

/// Fetches a package of npm's once, as `name@version`, and gives the folder that it is unpacked in. Nothing that it
/// depends on comes with it, and nothing of it is run.
pub(crate) fn npm_package(say: &Say, place: &Place, package: &str) -> Result<PathBuf> {
    let folder = place.tools().join(package.replace('@', "-"));
    if folder.join("package.json").is_file() {
        return Ok(folder);
    }
    ensure(say, place, &[&NPM])?;
    say.step(&format!("Fetching {package} from npm"), |step| {
        std::fs::create_dir_all(&folder)?;
        let log = place.logs().join("npm.log");
        let mut pack = run::command("npm");
        pack.args(["pack", "--silent", package, "--pack-destination"]).arg(&folder).current_dir(&folder);
        run::quietly(step, &log, &mut pack)?;
        let archive = only_archive(&folder)?;
        let mut unpack = run::command("tar");
        unpack.arg("-xzf").arg(&archive).arg("--strip-components=1").current_dir(&folder);
        run::quietly(step, &log, &mut unpack)?;
        std::fs::remove_file(&archive)?;
        Ok(folder)
    })
}

fn only_archive(folder: &Path) -> Result<PathBuf> {
    std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|end| end == "tgz"))
        .context("npm pack left no archive: see its log in target/xtask/npm.log")
}
