//! A certificate by ACME from a real authority's test server: Pebble, which Let's Encrypt keeps for this. The relay asks,
//! proves its name by TLS-ALPN-01 on its own port, and is then reached under the certificate that it was given.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lapwing_tests::{steps, wait};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use serde_json::json;
use tokio::process::{Child, Command};

/// A name that the authority looks up at its own DNS server.
const NAME: &str = "lapwing.school.test";

/// Runs it all in a folder of its own.
pub(crate) async fn run() -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let ports = [free()?, free()?, free()?, free()?, free()?];
    let [directory, management, dns, unused, relay] = ports;
    certificate(folder.path())?;
    let config = json!({ "pebble": {
        "listenAddress": format!("127.0.0.1:{directory}"),
        "managementListenAddress": format!("127.0.0.1:{management}"),
        "certificate": folder.path().join("server.pem"),
        "privateKey": folder.path().join("server.key"),
        "httpPort": unused,
        "tlsPort": relay,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": false,
    }});
    std::fs::write(folder.path().join("pebble.json"), config.to_string())?;
    let nobody = "-http01= -https01= -tlsalpn01=";
    let _names = started(
        Command::new("pebble-challtestsrv")
            .args(nobody.split(' '))
            .args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""])
            .args([format!("-dns01=127.0.0.1:{dns}"), format!("-management=127.0.0.1:{unused}")]),
    )?;
    let _authority = started(
        Command::new("pebble")
            .arg("-config")
            .arg(folder.path().join("pebble.json"))
            .args(["-dnsserver", &format!("127.0.0.1:{dns}")])
            // Else it waits some seconds before it looks, and refuses good nonces now and then; the relay would only ask
            // again, later.
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", "0"),
    )?;
    let _relay = started(
        Command::new(std::env::var_os("LAPWING_RELAY").context("LAPWING_RELAY names no relay")?)
            .args(["serve", "--listen", &format!("127.0.0.1:{relay}")])
            .args(["--public-url", &format!("https://{NAME}"), "--acme-contact", "it@school.test"])
            .args(["--acme-directory", &format!("https://localhost:{directory}/dir"), "--acme-root"])
            .arg(folder.path().join("root.pem"))
            .arg("--data")
            .arg(folder.path().join("relay")),
    )?;

    let trusted = reqwest::Certificate::from_pem(&std::fs::read(folder.path().join("root.pem"))?)?;
    let authority = reqwest::Client::builder().tls_certs_only([trusted]).build()?;
    let root = wait::until("the authority's root certificate", || async {
        let url = format!("https://localhost:{management}/roots/0");
        let Ok(answer) = authority.get(url).send().await else { return Ok(None) };
        Ok(answer.text().await.ok())
    })
    .await?;
    let issued =
        reqwest::Certificate::from_pem(root.as_bytes()).context("the authority's root is no certificate")?;
    let device = reqwest::Client::builder()
        .tls_certs_only([issued])
        .resolve(NAME, ([127, 0, 0, 1], relay).into())
        .timeout(Duration::from_secs(5))
        .build()?;
    let url = format!("https://{NAME}:{relay}/health");
    wait::until("the relay to be reached under the certificate that it was given", || async {
        let answer = device.get(&url).send().await;
        Ok(answer.is_ok_and(|answer| answer.status().is_success()).then_some(()))
    })
    .await?;
    let kept = std::fs::read_dir(folder.path().join("relay/tls/acme"))?.count();
    ensure!(
        kept == 2,
        "the relay keeps {kept} files of the authority's, and not its account and its certificate"
    );
    steps::line("ACME: Pebble issued a certificate by TLS-ALPN-01, and the relay is reached under it");
    Ok(Vec::new())
}

/// A port that was free a moment ago.
fn free() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A root, and under it a certificate for the authority's own server.
fn certificate(folder: &Path) -> Result<()> {
    let root_key = KeyPair::generate()?;
    let mut root = CertificateParams::new(Vec::new())?;
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name.push(rcgen::DnType::CommonName, "A root of the tests");
    let root = rcgen::CertifiedIssuer::self_signed(root, root_key)?;
    let key = KeyPair::generate()?;
    let server = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &root)?;
    std::fs::write(folder.join("root.pem"), root.pem())?;
    std::fs::write(folder.join("server.pem"), server.pem())?;
    std::fs::write(folder.join("server.key"), key.serialize_pem())?;
    Ok(())
}

/// A program that runs until it is dropped, without a word.
fn started(command: &mut Command) -> Result<Child> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn();
    child.with_context(|| format!("{name} cannot be started: start this as `cargo xtask test security`"))
}
