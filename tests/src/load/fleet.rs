//! Devices by the thousand: each with a key of its own, enrolled over the network, signing each message: with a session's
//! key, as the extension does once it has one, or with its own.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use lapwing_core::wire::{Alert, AlertBatch, CheckIn, DeviceState, Enrolled, Enrolment, SchoolConfig, path};

use super::alerts::seconds;
use super::http::{Dial, Line, Message, Protocol, Reply};
use crate::signing::{Headers, Key, Offer, Session};

/// How many enrol at the same time.
const AT_ONCE: usize = 16;
/// How many share a network address: fewer than a relay lets enrol from one in an hour.
const BY_ADDRESS: usize = 500;

/// With which key devices sign what they send; a check-in they always sign with their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sign {
    /// The key of a session that each begins at a check-in, HMAC-SHA256.
    Session,
    /// Each device's own, ECDSA P-256.
    Key,
}

impl Sign {
    /// As people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "HMAC-SHA256 with a session’s key",
            Self::Key => "ECDSA P-256 with the device’s own key",
        }
    }
}

/// An enrolled device.
pub struct Device {
    /// Its id at the relay.
    pub id: String,
    /// The account that is signed in on it.
    pub account: String,
    /// The last part of its network address.
    pub from: u8,
    key: Key,
    session: Option<Session>,
}

impl Device {
    /// Enrols a new device, the `number`th.
    ///
    /// # Errors
    /// When the relay refuses it.
    pub async fn enrol(line: &mut Line, enrolment_key: &str, number: usize) -> Result<Self> {
        let key = Key::new()?;
        let enrolment = Enrolment {
            enrolment_key: enrolment_key.to_owned(),
            public_key: key.public(),
            label: format!("SIM-{number:05}"),
            extension_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let body = Bytes::from(serde_json::to_vec(&enrolment)?);
        let reply = patiently(line, &Message { path: path::ENROL, headers, body }).await?;
        ensure!(reply.status == 200, "enrolment was refused: {}", String::from_utf8_lossy(&reply.body));
        let enrolled: Enrolled = serde_json::from_slice(&reply.body)?;
        let account = format!("pupil{number:05}@demo.example");
        Ok(Self { id: enrolled.device_id, account, from: address(number), key, session: None })
    }

    /// Begins a session: from now on its key signs what this device sends.
    ///
    /// # Errors
    /// When the relay grants none.
    pub async fn begin_session(&mut self, line: &mut Line) -> Result<()> {
        let offer = Offer::new()?;
        let said = CheckIn { session_point: Some(offer.point.clone()), ..sign_of_life() };
        let reply = patiently(line, &self.own(path::CHECK_IN, serde_json::to_vec(&said)?)?).await?;
        ensure!(reply.status == 200, "the check-in was refused: {}", String::from_utf8_lossy(&reply.body));
        let school: SchoolConfig = serde_json::from_slice(&reply.body)?;
        let grant = school.session.context("the relay granted no session")?;
        self.session = Some(offer.agree(&self.id, &grant)?);
        Ok(())
    }

    /// A signed batch of alerts.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn batch(&self, alerts: Vec<Alert>) -> Result<Message> {
        self.message(path::ALERTS, serde_json::to_vec(&AlertBatch { alerts })?)
    }

    /// A signed sign of life.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn check_in(&self) -> Result<Message> {
        self.own(path::CHECK_IN, serde_json::to_vec(&sign_of_life())?)
    }

    fn message(&self, path: &'static str, body: Vec<u8>) -> Result<Message> {
        match &self.session {
            Some(session) => message(path, session.headers(&self.id, path, &body, seconds())?, body),
            None => self.own(path, body),
        }
    }

    fn own(&self, path: &'static str, body: Vec<u8>) -> Result<Message> {
        message(path, self.key.headers(&self.id, path, &body, seconds())?, body)
    }
}

fn message(path: &'static str, signed: Headers, body: Vec<u8>) -> Result<Message> {
    let mut headers = HeaderMap::with_capacity(8);
    for (name, value) in signed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value)?);
    }
    Ok(Message { path, headers, body: Bytes::from(body) })
}

fn sign_of_life() -> CheckIn {
    CheckIn {
        extension_version: env!("CARGO_PKG_VERSION").to_owned(),
        browser: "Chromium 156 on Linux".to_owned(),
        lists_version: "2026-11-20".to_owned(),
        policy_version: "2026-11-01".to_owned(),
        state: DeviceState::Watching,
        waiting: 0,
        refused: 0,
        session_point: None,
        lists: None,
        canary: None,
        shadow: None,
    }
}

/// Sends until the relay has time for it.
async fn patiently(line: &mut Line, message: &Message) -> Result<Reply> {
    loop {
        let reply = line.send(message).await?;
        if !matches!(reply.status, 429 | 503) {
            return Ok(reply);
        }
        tokio::time::sleep(reply.retry_after.unwrap_or(Duration::from_secs(1))).await;
    }
}

/// The last part of the `number`th device's address: 127.0.0.2 and on.
fn address(number: usize) -> u8 {
    u8::try_from(2 + number / BY_ADDRESS).unwrap_or(254)
}

/// Devices of one school or several.
#[derive(Clone)]
pub struct Fleet {
    /// All of them.
    pub devices: Vec<Arc<Device>>,
}

impl Fleet {
    /// Enrols `count` devices, in turn with each of the schools' keys, ready to `sign`.
    ///
    /// # Errors
    /// When there is no key, or the relay refuses one.
    pub async fn enrol(dial: &Dial, enrolment_keys: &[String], count: usize, sign: Sign) -> Result<Self> {
        let workers: Vec<_> = (0..AT_ONCE.min(count))
            .map(|worker| {
                let (dial, keys) = (dial.clone(), enrolment_keys.to_vec());
                tokio::spawn(async move {
                    let mut devices = Vec::new();
                    let mut line: Option<(u8, Line)> = None;
                    for number in (worker..count).step_by(AT_ONCE) {
                        let from = address(number);
                        if line.as_ref().is_none_or(|(open, _)| *open != from) {
                            line = Some((from, dial.line(Protocol::Http1, from).await?));
                        }
                        let (_, line) = line.as_mut().context("a line was just opened")?;
                        let key = keys.get(number % keys.len().max(1)).context("there is no school")?;
                        let mut device = Device::enrol(line, key, number).await?;
                        if sign == Sign::Session {
                            device.begin_session(line).await?;
                        }
                        devices.push((number, device));
                    }
                    anyhow::Ok(devices)
                })
            })
            .collect();
        let mut all = Vec::with_capacity(count);
        for worker in workers {
            all.extend(worker.await.context("an enrolment ended early")??);
        }
        all.sort_by_key(|(number, _)| *number);
        Ok(Self { devices: all.into_iter().map(|(_, device)| Arc::new(device)).collect() })
    }

    /// The `number`th device, from the first again after the last.
    ///
    /// # Errors
    /// When there are none.
    pub fn turn(&self, number: usize) -> Result<&Arc<Device>> {
        self.devices.get(number % self.devices.len().max(1)).context("the fleet has no devices")
    }
}
