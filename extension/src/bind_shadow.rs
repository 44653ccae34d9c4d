//! What JavaScript sees of the trial of a change. Nothing is decided here.

use crate::bind::{WasmAnalyser, millis, read};
use crate::bind_json::{failed, write};
use crate::bind_packs::HeldPack;
use crate::shadow::Shadow;
use wasm_bindgen::prelude::*;

/// [`Shadow`] for JavaScript.
#[wasm_bindgen(js_name = Shadow)]
#[derive(Debug)]
pub struct WasmShadow(Shadow);

#[wasm_bindgen(js_class = Shadow)]
impl WasmShadow {
    /// [`Shadow::from_json`].
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(kept: &str) -> Self {
        Self(Shadow::from_json(kept))
    }

    /// [`Shadow::to_json`].
    ///
    /// # Errors
    /// `MessageError`.
    pub fn json(&self) -> Result<String, JsValue> {
        self.0.to_json().map_err(|error| failed("MessageError", &error))
    }

    /// [`Shadow::offered`]: JSON of what the relay named, `null` for nothing.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn offered(&mut self, offer: &str, relay: &str, trusted: bool) -> Result<(), JsValue> {
        self.0.offered(read(offer)?, relay, trusted);
        Ok(())
    }

    /// The digest of [`Shadow::offer`]; empty for none.
    #[must_use]
    pub fn digest(&self) -> String {
        self.0.offer().map(|offer| offer.digest.clone()).unwrap_or_default()
    }

    /// The length of the pack of [`Shadow::offer`]; 0 for none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most two megabytes")]
    pub fn bytes(&self) -> f64 {
        self.0.offer().map_or(0.0, |offer| offer.bytes as f64)
    }

    /// [`Shadow::path`].
    #[must_use]
    pub fn path(&self) -> String {
        self.0.path()
    }

    /// [`Shadow::is_loaded`].
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.0.is_loaded()
    }

    /// [`Shadow::tries`].
    pub fn tries(&mut self) -> bool {
        self.0.tries()
    }

    /// [`Shadow::take`]; the digests one after another.
    ///
    /// # Errors
    /// `PackError`.
    pub fn take(&mut self, pack: HeldPack, digest: &str, digests: &[u8]) -> Result<(), JsValue> {
        let taken = self.0.take(pack.into_bytes(), digest, digests.as_chunks().0);
        taken.map_err(|error| failed("PackError", &error))
    }

    /// [`Shadow::visited`].
    ///
    /// # Errors
    /// `ListsError`.
    pub fn visited(&mut self, analyser: &mut WasmAnalyser, url: &str, now: f64) -> Result<bool, JsValue> {
        self.0.visited(analyser.inner(), url, millis(now)).map_err(|error| failed("ListsError", &error))
    }

    /// [`Shadow::told`]: JSON of it, or `null`.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn told(&mut self, relay: &str, batch: &str) -> Result<String, JsValue> {
        write(&self.0.told(relay, batch))
    }

    /// [`Shadow::answered`].
    pub fn answered(&mut self, batch: &str) {
        self.0.answered(batch);
    }

    /// [`Shadow::give_up`].
    pub fn give_up(&mut self) {
        self.0.give_up();
    }
}
