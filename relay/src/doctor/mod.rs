//! `lapwing-relay doctor`: looks at everything that a relay rests on, and says of each thing whether it is well, what is
//! wrong, and how to mend it. It changes nothing and makes nothing. `serve` looks at the few things without which
//! nothing may start.
//!
//! A look is a function that gives findings; [`examine`] names them all. Health for load balancers is in
//! `crate::health`, whether records were altered in `verify`.

mod anchors;
mod certificate;
mod database;
mod keys;
mod machine;

use crate::config::Config;
use anyhow::bail;
use std::fmt;
use std::io::Write;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// As it should be.
    Well,
    /// Works, and will not always.
    Warn,
    /// Does not work, or loses something.
    Bad,
}

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    verdict: Verdict,
    what: &'static str,
    found: String,
    mend: String,
}

impl Finding {
    fn well(what: &'static str, found: impl Into<String>) -> Self {
        Self { verdict: Verdict::Well, what, found: found.into(), mend: String::new() }
    }

    fn warn(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, what, found: found.into(), mend: mend.into() }
    }

    fn bad(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { verdict: Verdict::Bad, what, found: found.into(), mend: mend.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Well => "ok  ",
            Verdict::Warn => "warn",
            Verdict::Bad => "BAD ",
        };
        write!(f, "{verdict}  {}: {}", self.what, self.found)?;
        if self.mend.is_empty() { Ok(()) } else { write!(f, "\n      mend: {}", self.mend) }
    }
}

/// Every look, in the order in which trouble is best mended.
async fn examine(config: &Config, devices: u32) -> Vec<Finding> {
    let mut findings = machine::look(config, devices);
    findings.push(machine::port(config).await);
    findings.extend(certificate::look(config));
    findings.extend(database::look(config).await);
    findings
}

/// Prints what was found. Answers whether nothing is bad.
///
/// # Errors
/// When it cannot be printed.
pub(crate) async fn doctor(config: &Config, devices: u32, out: &mut dyn Write) -> anyhow::Result<bool> {
    let findings = examine(config, devices).await;
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (bad, warn) = (count(Verdict::Bad), count(Verdict::Warn));
    writeln!(out, "{} looked at: {bad} bad, {warn} to watch", findings.len())?;
    Ok(bad == 0)
}

/// Looks at what `serve` cannot do without, before it opens anything. What is merely to watch goes to the log.
///
/// # Errors
/// When something is bad, with how to mend it.
pub(crate) fn before_start(config: &Config) -> anyhow::Result<()> {
    for finding in machine::fatal(config) {
        match finding.verdict {
            Verdict::Well => {}
            Verdict::Warn => tracing::warn!(what = finding.what, "{}: {}", finding.found, finding.mend),
            Verdict::Bad => bail!("{}: {}; {}", finding.what, finding.found, finding.mend),
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "doctor_tests.rs"]
mod tests;
