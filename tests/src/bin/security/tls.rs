//! sslyze: which versions of TLS the relay speaks, and with which ciphers. Only 1.2 and 1.3 are allowed, and of 1.2 only
//! ciphers with forward secrecy and authenticated encryption.

use anyhow::{Context, Result};
use lapwing_tests::load::Base;
use lapwing_tests::steps;
use serde_json::Value;
use tokio::process::Command;

use crate::program;

/// As sslyze names them, with whether the relay may speak them.
const VERSIONS: [(&str, bool); 6] = [
    ("ssl_2_0_cipher_suites", false),
    ("ssl_3_0_cipher_suites", false),
    ("tls_1_0_cipher_suites", false),
    ("tls_1_1_cipher_suites", false),
    ("tls_1_2_cipher_suites", true),
    ("tls_1_3_cipher_suites", true),
];

/// What must not be found.
const WEAKNESSES: [(&str, &str); 3] = [
    ("heartbleed", "is_vulnerable_to_heartbleed"),
    ("openssl_ccs_injection", "is_vulnerable_to_ccs_injection"),
    ("session_renegotiation", "is_vulnerable_to_client_renegotiation_dos"),
];

/// Scans the relay.
pub(crate) async fn run(base: &Base) -> Result<Vec<String>> {
    steps::line("sslyze: versions and ciphers of TLS");
    let folder = tempfile::tempdir()?;
    let report = folder.path().join("report.json");
    let mut command = Command::new(program::python("sslyze")?);
    command
        .args(["--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3"])
        .args(["--heartbleed", "--openssl_ccs", "--reneg", "--quiet"])
        .arg("--json_out")
        .arg(&report)
        .arg(base.relay.url.trim_start_matches("https://"));
    let output = program::output(&mut command).await?;
    let text = std::fs::read_to_string(&report)
        .with_context(|| format!("sslyze wrote no report: {}", String::from_utf8_lossy(&output.stderr)))?;
    let report: Value = serde_json::from_str(&text)?;
    let results = &report["server_scan_results"][0]["scan_result"];
    let mut faults = Vec::new();
    for (version, allowed) in VERSIONS {
        let name =
            version.trim_end_matches("_cipher_suites").replacen('_', " ", 1).replace('_', ".").to_uppercase();
        let Some(accepted) = results[version]["result"]["accepted_cipher_suites"].as_array() else {
            faults.push(format!("sslyze: {name} was not tried"));
            continue;
        };
        let ciphers: Vec<_> =
            accepted.iter().filter_map(|cipher| cipher["cipher_suite"]["name"].as_str()).collect();
        steps::line(&format!("  {name}: {} ciphers {}", ciphers.len(), ciphers.join(" ")));
        if allowed == ciphers.is_empty() {
            let wrong = if allowed { "is not spoken" } else { "is spoken" };
            faults.push(format!("sslyze: {name} {wrong}"));
        }
        faults.extend(ciphers.iter().filter(|cipher| !is_strong(cipher)).map(|cipher| {
            format!(
                "sslyze: {name} with {cipher}, which has no forward secrecy or no authenticated encryption"
            )
        }));
    }
    for (scan, weakness) in WEAKNESSES {
        match results[scan]["result"][weakness].as_bool() {
            Some(false) => steps::line(&format!("  {weakness}: no")),
            Some(true) => faults.push(format!("sslyze: {weakness}")),
            None => faults.push(format!("sslyze: {scan} was not tried")),
        }
    }
    Ok(faults)
}

fn is_strong(cipher: &str) -> bool {
    // All of TLS 1.3's are; its names carry no key exchange.
    let forward = cipher.contains("_ECDHE_") || !cipher.contains("_WITH_");
    forward && (cipher.contains("_GCM_") || cipher.contains("CHACHA20_POLY1305"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ciphers_with_forward_secrecy_and_authentication_are_strong() {
        for good in ["TLS_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"] {
            assert!(is_strong(good), "{good}");
        }
        for bad in ["TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"] {
            assert!(!is_strong(bad), "{bad}");
        }
    }
}
