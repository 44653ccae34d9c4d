//! Puts the packed extension into the relay, and rebuilds when a migration is added.
//!
//! `cargo xtask build` names the extension's archive in `LAPWING_EXTENSION_ZIP`. Without it the relay is built all the
//! same, and its Install page says that there is no extension in it.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-env-changed=LAPWING_EXTENSION_ZIP");
    let embedded = Path::new(&std::env::var("OUT_DIR")?).join("extension.zip");
    match std::env::var("LAPWING_EXTENSION_ZIP") {
        Ok(zip) if !zip.is_empty() => {
            println!("cargo::rerun-if-changed={zip}");
            std::fs::copy(&zip, embedded).map_err(|error| format!("LAPWING_EXTENSION_ZIP={zip}: {error}"))?;
        }
        _ => std::fs::write(embedded, [])?,
    }
    Ok(())
}
