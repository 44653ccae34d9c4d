//! A device that speaks to the relay without a browser: a key of its own, enrolled, signing each request over TLS.
//!
//! It builds its requests from the names and the signature base in `lapwing_core::wire`, as the extension does.

use anyhow::{Context, Result, ensure};
use lapwing_core::wire::{
    Alert, AlertBatch, BatchReceipt, Enrolled, Enrolment, Excerpt, Reason, SourceKind, path,
};
use lapwing_core::{Action, Category, Severity, Surface};
use reqwest::{Client, Response};
use serde_json::Value;

use crate::school::School;
use crate::signing::Key;
use crate::tls::Certificate;

/// Seconds since 1970 of no particular day: the relay records a device's clock and does not trust it.
const CREATED: i64 = 1_795_511_640;

/// An enrolled device.
pub struct Device {
    client: Client,
    relay: String,
    key: Key,
    id: String,
}

/// An HTTP client that trusts this run's certificate and no other.
///
/// # Errors
/// When the certificate cannot be read.
pub fn client(certificate: &Certificate) -> Result<Client> {
    let pem = std::fs::read(&certificate.cert_file)?;
    let trusted = reqwest::Certificate::from_pem(&pem)?;
    Client::builder().tls_certs_only([trusted]).build().context("no HTTP client can be made")
}

impl Device {
    /// Enrols a new device with the school's enrolment key.
    ///
    /// # Errors
    /// When the relay refuses it.
    pub async fn enrol(relay: &str, school: &School, certificate: &Certificate) -> Result<Self> {
        Self::enrol_as(relay, school, certificate, "A measuring device").await
    }

    /// The same under a name of its own.
    ///
    /// # Errors
    /// When the relay refuses it.
    pub async fn enrol_as(
        relay: &str,
        school: &School,
        certificate: &Certificate,
        label: &str,
    ) -> Result<Self> {
        let key = Key::new()?;
        let policy: Value = serde_json::from_str(&school.policy)?;
        let extension = school.extension_id()?;
        let enrolment_key = policy["3rdparty"]["extensions"][extension]["enrolment_key"].as_str();
        let enrolment = Enrolment {
            enrolment_key: enrolment_key.context("the policy holds no enrolment key")?.to_owned(),
            public_key: key.public(),
            label: label.to_owned(),
            extension_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let client = client(certificate)?;
        let answer = client.post(format!("{relay}{}", path::ENROL)).json(&enrolment).send().await?;
        let enrolled: Enrolled = answer.error_for_status().context("enrolment was refused")?.json().await?;
        Ok(Self { client, relay: relay.to_owned(), key, id: enrolled.device_id })
    }

    /// Sends a body to a path of the device API, signed.
    ///
    /// # Errors
    /// When the relay cannot be reached.
    pub async fn send(&self, path: &str, body: Vec<u8>) -> Result<Response> {
        let mut request = self.client.post(format!("{}{path}", self.relay));
        for (name, value) in self.key.headers(&self.id, path, &body, CREATED)? {
            request = request.header(name, value);
        }
        request.body(body).send().await.context("the relay cannot be reached")
    }

    /// Delivers alerts and checks that each of them was acknowledged.
    ///
    /// # Errors
    /// When any was not.
    pub async fn deliver(&self, alerts: Vec<Alert>) -> Result<()> {
        let sent = alerts.len();
        let body = serde_json::to_vec(&AlertBatch { alerts })?;
        let answer = self.send(path::ALERTS, body).await?;
        let receipt: BatchReceipt =
            answer.error_for_status().context("the batch was refused")?.json().await?;
        ensure!(receipt.acknowledged.len() == sent, "{} of {sent} acknowledged", receipt.acknowledged.len());
        Ok(())
    }
}

/// A sound alert of ordinary size with a new id.
#[must_use]
pub fn alert() -> Alert {
    Alert {
        id: uuid::Uuid::new_v4().to_string(),
        occurred_at: CREATED * 1000,
        source: SourceKind::Typed,
        surface: Some(Surface::Chat),
        category: Category::Bullying,
        severity: Severity::Medium,
        stage: None,
        action: Action::Note,
        url: "https://chat.example/room".to_owned(),
        excerpt: Some(Excerpt {
            text: "nobody likes you, go away and never come back".to_owned(),
            marks: vec![(0, 16)],
        }),
        reasons: vec![Reason {
            category: Category::Bullying,
            severity: Severity::Medium,
            stage: None,
            rule: "bullying.nobody-likes-you".to_owned(),
            why: "Tells somebody that nobody likes them.".to_owned(),
            context: Vec::new(),
        }],
        account: None,
        policy_version: "measuring".to_owned(),
        lists_version: "measuring".to_owned(),
    }
}
