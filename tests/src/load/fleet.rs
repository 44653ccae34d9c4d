//! Devices by the thousand: each with a key of its own, enrolled over the network, signing each message.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use lapwing_core::wire::{Alert, AlertBatch, CheckIn, DeviceState, Enrolled, Enrolment, path};

use super::alerts::seconds;
use super::http::{Dial, Line, Message, Protocol};
use crate::signing::Key;

/// How many enrol at the same time.
const AT_ONCE: usize = 16;
/// How many share a network address: fewer than a relay lets enrol from one in an hour.
const BY_ADDRESS: usize = 500;

/// An enrolled device.
pub struct Device {
    /// Its id at the relay.
    pub id: String,
    /// The account that is signed in on it.
    pub account: String,
    /// The last part of its network address.
    pub from: u8,
    key: Key,
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
        let message = Message { path: path::ENROL, headers, body };
        let mut reply = line.send(&message).await?;
        while reply.status == 503 || reply.status == 429 {
            tokio::time::sleep(reply.retry_after.unwrap_or(Duration::from_secs(1))).await;
            reply = line.send(&message).await?;
        }
        ensure!(reply.status == 200, "enrolment was refused: {}", String::from_utf8_lossy(&reply.body));
        let enrolled: Enrolled = serde_json::from_slice(&reply.body)?;
        let account = format!("pupil{number:05}@demo.example");
        Ok(Self { id: enrolled.device_id, account, from: address(number), key })
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
        let said = CheckIn {
            extension_version: env!("CARGO_PKG_VERSION").to_owned(),
            browser: "Chromium 156 on Linux".to_owned(),
            lists_version: "2026-11-20".to_owned(),
            policy_version: "2026-11-01".to_owned(),
            state: DeviceState::Watching,
            waiting: 0,
            refused: 0,
        };
        self.message(path::CHECK_IN, serde_json::to_vec(&said)?)
    }

    fn message(&self, path: &'static str, body: Vec<u8>) -> Result<Message> {
        let mut headers = HeaderMap::with_capacity(8);
        for (name, value) in self.key.headers(&self.id, path, &body, seconds())? {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value)?);
        }
        Ok(Message { path, headers, body: Bytes::from(body) })
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
    /// Enrols `count` devices, in turn with each of the schools' keys.
    ///
    /// # Errors
    /// When there is no key, or the relay refuses one.
    pub async fn enrol(dial: &Dial, enrolment_keys: &[String], count: usize) -> Result<Self> {
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
                        devices.push((number, Device::enrol(line, key, number).await?));
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
