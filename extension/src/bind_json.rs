//! What everything that JavaScript sees has in common: JSON text, and errors with a name. Nothing is decided here.

use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A JavaScript error with a name.
pub(crate) fn failed(name: &str, error: &dyn std::fmt::Display) -> JsValue {
    let made = js_sys::Error::new(&error.to_string());
    made.set_name(name);
    made.into()
}

pub(crate) fn write<T: Serialize>(value: &T) -> Result<String, JsValue> {
    serde_json::to_string(value).map_err(|error| failed("MessageError", &error))
}
