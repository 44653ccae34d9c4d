//! The extension's decisions, compiled to WebAssembly.
//!
//! The JavaScript in `js/` observes and draws; everything that is decided is decided here, in plain Rust that is
//! tested on the build machine. Nothing in this crate touches the browser, the network, the clock or a generator of
//! random numbers: all of those are passed in, as JSON. Start reading at [`analyser`] (what addresses and words
//! mean) and [`outbox`] (what waits for the relay).
//!
//! It is built twice: whole, and without the feature `whole` as the small module with which a worker starts ([`first`]).

pub mod alert;
pub mod analyser;
#[cfg(feature = "whole")]
mod bind;
#[cfg(feature = "whole")]
mod bind_canary;
#[cfg(not(feature = "whole"))]
mod bind_first;
mod bind_json;
#[cfg(feature = "whole")]
mod bind_packs;
#[cfg(feature = "whole")]
mod bind_shadow;
pub mod canary;
pub mod first;
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

#[cfg(feature = "whole")]
pub use bind::{
    WasmAnalyser, WasmOutbox, WasmProbe, receipt_code, receipt_read, receipt_shown, relay_request,
    reply_entry, report_entry, session_derivation, session_due, signature_header, signing,
};
#[cfg(feature = "whole")]
pub use bind_canary::{canary_is_due, canary_request, canary_told};
#[cfg(not(feature = "whole"))]
pub use bind_first::WasmFirst;
#[cfg(feature = "whole")]
pub use bind_packs::{HeldPack, WasmPacks, pack_places};
#[cfg(feature = "whole")]
pub use bind_shadow::WasmShadow;
