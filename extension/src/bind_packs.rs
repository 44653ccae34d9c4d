//! What JavaScript sees of packs of lists: the state machine, and the way of a pack's bytes into the analyser.

use crate::bind::{WasmAnalyser, millis, read};
use crate::bind_json::{failed, write};
use crate::packs::Packs;
use crate::pieces;
use lapwing_core::pack::{Pack, PublicKey};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// [`Packs`] for JavaScript.
#[wasm_bindgen(js_name = Packs)]
#[derive(Debug)]
pub struct WasmPacks(Packs);

#[derive(Serialize)]
struct InForce<'a> {
    packs: &'a [lapwing_core::wire::PackOffer],
    key: &'a str,
}

#[derive(Serialize)]
struct Shown {
    version: u64,
    problem: String,
    progress: Option<u64>,
}

#[wasm_bindgen(js_class = Packs)]
impl WasmPacks {
    /// [`Packs::from_json`].
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(kept: &str) -> Self {
        Self(Packs::from_json(kept))
    }

    /// [`Packs::to_json`].
    ///
    /// # Errors
    /// `MessageError`.
    pub fn json(&self) -> Result<String, JsValue> {
        self.0.to_json().map_err(|error| failed("MessageError", &error))
    }

    /// [`Packs::in_force`]: JSON of `{packs, key}`.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn in_force(&self) -> Result<String, JsValue> {
        let (packs, key) = self.0.in_force();
        write(&InForce { packs, key })
    }

    /// JSON of `{version, problem, progress}`, for the check-in and for the pages.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn state(&self) -> Result<String, JsValue> {
        let state = self.0.state();
        write(&Shown { version: state.version, problem: state.problem, progress: self.0.progress() })
    }

    /// [`Packs::offered`]: JSON of what the relay named (`null` for nothing); an empty `trusted` is none.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn offered(
        &mut self,
        offer: &str,
        relay: &str,
        trusted: &str,
        now: f64,
        random: f64,
    ) -> Result<(), JsValue> {
        let trusted = (!trusted.is_empty()).then_some(trusted);
        self.0.offered(read(offer)?, relay, trusted, millis(now), random);
        Ok(())
    }

    /// [`Packs::trusts`]; an empty `trusted` is none.
    #[must_use]
    pub fn trusts(&self, key: &str, relay: &str, trusted: &str) -> bool {
        self.0.trusts(key, relay, (!trusted.is_empty()).then_some(trusted))
    }

    /// [`Packs::next`]: JSON of a [`Step`](pieces::Step).
    ///
    /// # Errors
    /// `MessageError`.
    pub fn next(&self, now: f64) -> Result<String, JsValue> {
        write(&self.0.next(millis(now)))
    }

    /// [`Packs::fetched`].
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of bytes of a file"
    )]
    pub fn fetched(&mut self, digest: &str, have: f64, head: &[u8], now: f64) {
        self.0.fetched(digest, have as u64, head, millis(now));
    }

    /// [`Packs::cannot_copy`].
    pub fn cannot_copy(&mut self) {
        self.0.cannot_copy();
    }

    /// [`Packs::failed`].
    pub fn failed(&mut self, retry_after: Option<u32>, now: f64, random: f64) {
        self.0.failed(retry_after, millis(now), random);
    }

    /// [`Packs::verified`]; the digests one after another.
    pub fn verified(&mut self, digest: &str, head: &[u8], digests: &[u8], now: f64) -> bool {
        self.0.verified(digest, head, digests.as_chunks().0, millis(now))
    }

    /// [`Packs::started`].
    pub fn started(&mut self, is_first: bool, now: f64) -> bool {
        self.0.started(is_first, millis(now))
    }

    /// [`Packs::not_stored`].
    pub fn not_stored(&mut self, digest: &str, why: &str, now: f64) {
        self.0.not_stored(digest, why, millis(now));
    }

    /// [`Packs::tries`].
    pub fn tries(&mut self, digest: &str) {
        self.0.tries(digest);
    }

    /// [`Packs::adopted`]: JSON of digests.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn adopted(&mut self, digest: &str) -> Result<String, JsValue> {
        write(&self.0.adopted(digest))
    }

    /// [`Packs::refuse`].
    pub fn refuse(&mut self, digest: &str, problem: String, now: f64) {
        self.0.refuse(digest, problem, millis(now));
    }

    /// [`Packs::lost`].
    pub fn lost(&mut self, why: &str) {
        self.0.lost(why);
    }

    /// [`Packs::needed`]: JSON of digests.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn needed(&self) -> Result<String, JsValue> {
        write(&self.0.needed())
    }
}

/// [`pieces::places`]: where each section begins and ends, one after another.
///
/// # Errors
/// `PackError`.
#[wasm_bindgen]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of bytes of a file")]
pub fn pack_places(head: &[u8], length: f64) -> Result<Vec<u32>, JsValue> {
    let places = pieces::places(head, length as u64).map_err(|error| failed("PackError", &error))?;
    Ok(places.into_iter().flat_map(|(from, to)| [from as u32, to as u32]).collect())
}

/// A pack's bytes on their way: handed over at once, while JavaScript still hashes its own copy.
#[wasm_bindgen]
#[derive(Debug)]
pub struct HeldPack(Vec<u8>);

#[wasm_bindgen]
impl HeldPack {
    /// Copies the bytes into the module.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl HeldPack {
    /// For whoever verifies them.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[wasm_bindgen(js_class = Analyser)]
impl WasmAnalyser {
    /// Verifies a pack by the digests of its sections, one after another, and puts it in force.
    ///
    /// # Errors
    /// `PackError`; nothing has changed then.
    pub fn take_pack(&mut self, pack: HeldPack, key: &str, digests: &[u8]) -> Result<(), JsValue> {
        let key: PublicKey = key.parse().map_err(|error: String| failed("PackError", &error))?;
        let opened = Pack::open_hashed(pack.0, &key, 0, digests.as_chunks().0);
        let taken = opened.and_then(|pack| self.inner().take_pack(pack));
        taken.map_err(|error| failed("PackError", &error))
    }

    /// [`Analyser::drop_packs`](crate::analyser::Analyser::drop_packs).
    pub fn drop_packs(&mut self) {
        self.inner().drop_packs();
    }
}
