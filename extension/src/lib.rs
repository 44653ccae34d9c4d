//! The extension's decisions, compiled to WebAssembly.
//!
//! The JavaScript in `js/` observes and draws; everything that is decided is decided here, in plain Rust that is
//! tested on the build machine. Nothing in this crate touches the browser, the network, the clock or a generator of
//! random numbers: all of those are passed in, as JSON. Start reading at [`analyser`] (what addresses and words
//! mean) and [`outbox`] (what waits for the relay).

pub mod alert;
pub mod analyser;
mod bind;
pub mod lessons;
pub mod memory;
pub mod outbox;
pub mod pace;
pub mod page;
pub mod passes;
pub mod policy;
pub mod probe;
pub mod receipt;
pub mod relay;
pub mod talks;
pub mod words;

pub use bind::{
    WasmAnalyser, WasmOutbox, WasmProbe, receipt_code, receipt_read, receipt_shown, relay_request,
    reply_entry, report_entry, signature_header, signing,
};
