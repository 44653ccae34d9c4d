//! schemathesis: requests made up from the relay's own OpenAPI document, as it describes them and as it does not, signed
//! by an enrolled device. No answer may be a fault of the relay's, and every answer must be one that the document names.

use std::time::Instant;

use anyhow::{Context, Result};
use lapwing_tests::load::Base;
use lapwing_tests::steps;
use tokio::process::Command;

use crate::program;

/// Signs each request; see the file.
const SIGN: &str = include_str!("sign.py");

/// What must hold for each answer. Not among them is that an unsound request is refused: a batch is answered with 200 and
/// names each alert that it refuses.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
     response_headers_conformance,response_schema_conformance";

/// Runs it with `examples` requests for each operation and phase.
pub(crate) async fn run(base: &Base, examples: u32) -> Result<Vec<String>> {
    steps::line("schemathesis: requests made up from the OpenAPI document");
    let folder = tempfile::tempdir()?;
    let hooks = folder.path().join("sign.py");
    std::fs::write(&hooks, SIGN)?;
    let url = &base.relay.url;
    let certificate = &base.certificate.cert_file;
    let mut command = Command::new(program::python("schemathesis")?);
    let keys = base.store.enrolment_keys().await?;
    let enrolment_key = keys.first().context("the relay has no school")?;
    command
        .arg("run")
        .arg(format!("{url}/api/openapi.json"))
        .args(["--checks", CHECKS, "--max-examples", &examples.to_string(), "--mode", "all"])
        .args(["--phases", "examples,coverage,fuzzing", "--seed", "20261124", "--continue-on-failure"])
        .arg("--tls-verify")
        .arg(certificate)
        .current_dir(folder.path())
        .env("SCHEMATHESIS_HOOKS", "sign")
        .env("PYTHONPATH", folder.path())
        .env("NO_COLOR", "1")
        .env("LAPWING_URL", url)
        .env("LAPWING_CERT", certificate)
        .env("LAPWING_ENROLMENT_KEY", enrolment_key);
    let started = Instant::now();
    let output = program::output(&mut command).await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let summary = text.rfind("SUMMARY").map_or(text.as_ref(), |at| text.get(at..).unwrap_or_default());
    for line in summary.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()) {
        steps::line(&format!("  {line}"));
    }
    steps::line(&format!("  took {:.0} s", started.elapsed().as_secs_f64()));
    if output.status.success() {
        return Ok(Vec::new());
    }
    let log = std::env::temp_dir().join("lapwing-schemathesis.log");
    std::fs::write(&log, &output.stdout).context("what schemathesis said cannot be kept")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().last().unwrap_or_default();
    Ok(vec![format!("schemathesis: {}; {last} (all of it is in {})", output.status, log.display())])
}
