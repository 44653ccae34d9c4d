//! What JavaScript sees in a worker's first turn: one object, in a module of its own. Nothing is decided here.

use crate::bind_json::{failed, write};
use crate::first::First;
use crate::told::Judged;
use wasm_bindgen::prelude::*;

/// Apart from what is asked of every address.
#[inline(never)]
fn text(judged: &Judged) -> Result<String, JsValue> {
    write(judged)
}

/// [`First`] for JavaScript.
#[wasm_bindgen(js_name = First)]
#[derive(Debug)]
pub struct WasmFirst(First);

#[wasm_bindgen(js_class = First)]
impl WasmFirst {
    /// [`First::new`].
    ///
    /// # Errors
    /// `ListsError`.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Self, JsValue> {
        First::new().map(Self).map_err(|error| failed("ListsError", &error))
    }

    /// [`First::decide`]: JSON of a [`Judged`](crate::told::Judged), or an empty string when there is nothing to do.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn decide(&self, url: &str, main: bool) -> Result<String, JsValue> {
        match self.0.decide(url, main) {
            Some(judged) => text(&judged),
            None => Ok(String::new()),
        }
    }

    /// [`First::is_unlawful`].
    #[must_use]
    pub fn is_unlawful(&self, url: &str) -> bool {
        self.0.is_unlawful(url)
    }

    /// [`lapwing_core::Gate::is_search`].
    #[must_use]
    pub fn is_search(&self, url: &str) -> bool {
        lapwing_core::Gate::is_search(url)
    }
}
