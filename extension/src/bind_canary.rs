//! What JavaScript sees of the daily test. Nothing is decided here.

use crate::bind::{WasmAnalyser, millis};
use crate::bind_json::{failed, write};
use crate::canary::{self, Kept};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_class = Analyser)]
impl WasmAnalyser {
    /// [`Analyser::canary`](crate::analyser::Analyser::canary): JSON of a [`Canary`](lapwing_core::wire::Canary), or `null`.
    ///
    /// # Errors
    /// `ListsError` or `MessageError`.
    pub fn canary(&mut self, listened: bool, now: f64) -> Result<String, JsValue> {
        let ran = self.inner().canary(listened, millis(now));
        write(&ran.map_err(|error| failed("ListsError", &error))?)
    }

    /// [`Analyser::canary_under`](crate::analyser::Analyser::canary_under).
    #[must_use]
    pub fn canary_under(&mut self, extension_version: &str) -> String {
        self.inner().canary_under(extension_version)
    }
}

/// [`canary::request`].
#[wasm_bindgen]
#[must_use]
pub fn canary_request(token: &str) -> String {
    canary::request(token)
}

/// [`Kept::is_due`], from JSON of what the extension's storage keeps, or `null`. What cannot be read is as if nothing were kept.
#[wasm_bindgen]
#[must_use]
pub fn canary_is_due(kept: &str, under: &str, now: f64) -> bool {
    serde_json::from_str::<Option<Kept>>(kept).ok().flatten().unwrap_or_default().is_due(under, millis(now))
}

/// [`Kept::told`]: JSON of what the extension's storage is to keep.
///
/// # Errors
/// `MessageError`.
#[wasm_bindgen]
pub fn canary_told(due_in: f64, under: String, now: f64) -> Result<String, JsValue> {
    write(&Kept::told(millis(due_in), under, millis(now)))
}
