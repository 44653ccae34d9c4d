//! `cargo xtask sso`: single sign-on against a real OpenID Connect provider (npm `oidc-provider`, certified), which is
//! fetched into the target folder and runs on this machine alone, on both engines.

use anyhow::{Context, Result};

use crate::place::Place;
use crate::say::Say;
use crate::{build, run, tools};

/// The provider, at a version that the tests were written for.
const PROVIDER: &str = "oidc-provider@9.13.3";

/// Fetches the provider where it is absent, and runs the tests that need it.
pub(crate) fn run(say: &Say, place: &Place) -> Result<()> {
    tools::ensure(say, place, &[&tools::POSTGRESQL, &tools::NPM])?;
    let folder = place.tools().join(PROVIDER.replace('@', "-"));
    if !folder.join("node_modules/oidc-provider/package.json").is_file() {
        say.step("Fetching oidc-provider", |step| {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join("package.json"), "{ \"private\": true }\n")?;
            let mut install = run::command("npm");
            install.args(["install", "--silent", "--no-save", PROVIDER]).current_dir(&folder);
            run::quietly(step, &place.logs().join("oidc-provider.log"), &mut install)
        })?;
    }
    let mut cargo = build::with_extension(place, run::cargo());
    cargo.args([
        "test",
        "--package",
        "lapwing-relay",
        "--test",
        "on_sqlite",
        "--test",
        "on_postgres",
        "--",
        "sso::",
    ]);
    cargo.arg("--include-ignored");
    cargo.env("LAPWING_OIDC_PROVIDER", &folder);
    run::shown(&mut cargo, |_| {}).context("single sign-on: not passed")
}
