//! `cargo xtask test security`: attacks the relay from outside with other people's tools, and fails when anything is found.
//!
//! What is tried, and what must hold, is in the `security` program of the `tests` crate; this builds it and the relay, and
//! installs the tools: slowhttptest and Pebble from Debian, schemathesis and sslyze into an environment of their own under
//! target/.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::place::Place;
use crate::say::Say;
use crate::{build, run, tools};

/// Pinned, so that a run means the same next year. sslyze brings the cryptography that signs requests.
const PACKAGES: [&str; 2] = ["schemathesis==4.32.5", "sslyze==6.3.1"];

const SLOWHTTPTEST: tools::Need = tools::Need {
    what: "slowhttptest (slow clients)",
    present: || tools::find(&["slowhttptest"]).is_some(),
    packages: &["slowhttptest"],
};

const PEBBLE: tools::Need = tools::Need {
    what: "Pebble (an ACME authority to test with)",
    present: || tools::find(&["pebble"]).is_some() && tools::find(&["pebble-challtestsrv"]).is_some(),
    packages: &["pebble"],
};

const PYTHON: tools::Need = tools::Need {
    what: "Python with venv (runs schemathesis and sslyze)",
    present: || {
        let venv = ["-c", "import venv, ensurepip"];
        run::tried(run::command("python3").args(venv), std::time::Duration::from_secs(20))
    },
    packages: &["python3", "python3-venv"],
};

/// What to try.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// Only these: schema, tls, slow, restart, acme
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Requests that schemathesis makes up for each operation and phase
    #[arg(long, value_name = "N")]
    examples: Option<u32>,
}

/// Builds, installs, attacks.
pub(crate) fn run(say: &Say, place: &Place, options: &Options) -> Result<()> {
    tools::ensure(say, place, &[&SLOWHTTPTEST, &PEBBLE, &PYTHON])?;
    let venv = environment(say, place)?;
    let relay = build::everything(say, place, true)?;
    let mut build = build::with_extension(place, run::cargo());
    build.args(["build", "--release", "--package", "lapwing-tests", "--bin", "security"]);
    say.step("Building the security program", |step| {
        run::quietly(step, &place.logs().join("security.log"), &mut build)
    })?;
    let mut security = run::command(place.program("release", "security"));
    security.env("LAPWING_RELAY", relay).env("LAPWING_VENV", venv);
    for name in &options.only {
        security.args(["--only", name]);
    }
    if let Some(examples) = options.examples {
        security.args(["--examples", &examples.to_string()]);
    }
    run::shown(&mut security, |_| {})
}

/// The Python environment, made once for this set of packages.
fn environment(say: &Say, place: &Place) -> Result<PathBuf> {
    let folder = place.tools().join("security-venv");
    let made = folder.join("packages.txt");
    let wanted = PACKAGES.join("\n");
    if std::fs::read_to_string(&made).is_ok_and(|have| have == wanted) {
        return Ok(folder);
    }
    say.step("Fetching schemathesis and sslyze", |step| {
        let log = place.logs().join("security-venv.log");
        run::quietly(step, &log, run::command("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut pip = run::command(folder.join("bin/pip"));
        run::quietly(step, &log, pip.args(["install", "--quiet"]).args(PACKAGES))
    })?;
    std::fs::write(&made, wanted).context("the Python environment cannot be written to")?;
    Ok(folder)
}
