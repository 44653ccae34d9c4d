//! What must hold for every input, however strange, of everything that reads what a device, a browser, a file or a
//! person wrote.
//!
//! Each function takes bytes, makes of them what its reader takes, and panics when something does not hold: that is how
//! libFuzzer hears of it. `targets/` gives each to libFuzzer, one program a function; `cargo xtask fuzz` builds and runs
//! them; [`seeds`] is where they begin. An ordinary test runs every function on its seeds, so that a target that no
//! longer fits what it tests is noticed without a fuzzer.
//!
//! Nothing here is part of the product.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a finding is reported"
)]

mod bytes;
#[cfg(feature = "relay")]
#[path = "../../relay/tests/database/mod.rs"]
mod database;
#[cfg(feature = "relay")]
#[path = "../../relay/tests/device/mod.rs"]
mod device;
mod engine;
mod extension;
mod lists;
mod pack;
mod policy;
#[cfg(feature = "relay")]
mod relay;
#[cfg(feature = "relay")]
mod request;
#[cfg(feature = "relay")]
#[path = "../../relay/tests/school/mod.rs"]
mod school;
pub mod seeds;
mod signature;

pub use engine::{scan, text, url};
pub use extension::{answers, messages};
pub use lists::{lists_bytes, lists_source};
pub use pack::pack;
pub use policy::policy;
#[cfg(feature = "relay")]
pub use relay::{anchors, archive, backup, bodies, config, fields, headers, stored};
#[cfg(feature = "relay")]
pub use request::request;
pub use signature::signature;

/// What a target is: a function of bytes.
pub type Target = fn(&[u8]);

/// Every target of this build, by the name of its program.
pub const TARGETS: &[(&str, Target)] = &[
    ("text", text),
    ("url", url),
    ("scan", scan),
    ("policy", policy),
    ("lists_bytes", lists_bytes),
    ("lists_source", lists_source),
    ("pack", pack),
    ("signature", signature),
    ("answers", answers),
    ("messages", messages),
    #[cfg(feature = "relay")]
    ("bodies", bodies),
    #[cfg(feature = "relay")]
    ("headers", headers),
    #[cfg(feature = "relay")]
    ("archive", archive),
    #[cfg(feature = "relay")]
    ("fields", fields),
    #[cfg(feature = "relay")]
    ("config", config),
    #[cfg(feature = "relay")]
    ("stored", stored),
    #[cfg(feature = "relay")]
    ("anchors", anchors),
    #[cfg(feature = "relay")]
    ("backup", backup),
    #[cfg(feature = "relay")]
    ("request", request),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds_and_holds_on_each() {
        for (name, target) in TARGETS {
            let seeds = seeds::of(name);
            assert!(!seeds.is_empty(), "{name} has no seeds");
            for seed in seeds {
                target(&seed);
                // And cut short, which is what a broken connection or a full disk leaves.
                target(seed.get(..seed.len() / 2).unwrap_or_default());
            }
        }
    }

    #[test]
    fn every_target_is_a_program() {
        let manifest = include_str!("../Cargo.toml");
        for (name, _) in TARGETS {
            assert!(
                manifest.contains(&format!("path = \"targets/{name}.rs\"")),
                "{name} is not in Cargo.toml"
            );
        }
    }
}
