//! The extension's decisions, compiled to WebAssembly.
//!
//! The JavaScript in `js/` observes and draws; everything that is decided is decided here, in plain Rust that is
//! tested on the build machine. Nothing in this crate touches the browser, the network, the clock or a generator of
//! random numbers: all of those are passed in, as JSON. Start reading at [`analyser`] (what addresses and words
//! mean) and [`outbox`] (what waits for the relay).

pub mod alert;
pub mod analyser;
mod bind;
mod bind_canary;
mod bind_packs;
mod bind_shadow;
pub mod canary;
pub mod lessons;
pub mod memory;
pub mod outbox;
pub mod pace;
pub mod packs;
pub mod page;
pub mod passes;
pub mod pieces;
pub mod policy;
pub mod probe;
pub mod receipt;
pub mod relay;
pub mod school;
pub mod second_layer;
pub mod shadow;
pub mod sites;
pub mod talks;
pub mod told;
pub mod words;

pub use bind::{
    WasmAnalyser, WasmOutbox, WasmProbe, receipt_code, receipt_read, receipt_shown, relay_request,
    reply_entry, report_entry, session_derivation, session_due, signature_header, signing,
};
pub use bind_canary::{canary_is_due, canary_request, canary_told};
pub use bind_packs::{HeldPack, WasmPacks, pack_places};
pub use bind_shadow::WasmShadow;
