//! Where things lie: the workspace, cargo's target folder, and what xtask makes inside it.
//!
//! Only names of places; making and filling them is for the commands.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The places of one working copy.
pub(crate) struct Place {
    /// The folder with the workspace's Cargo.toml.
    pub(crate) root: PathBuf,
    /// Cargo's target folder: `CARGO_TARGET_DIR` where that is set.
    pub(crate) target: PathBuf,
}

impl Place {
    /// Finds the workspace that `cargo xtask` was called in.
    pub(crate) fn find() -> Result<Self> {
        let crate_dir = std::env::var_os("CARGO_MANIFEST_DIR")
            .context("xtask does not know where the workspace is: start it as `cargo xtask`")?;
        let root = Path::new(&crate_dir)
            .parent()
            .context("xtask's own folder has no parent: start it as `cargo xtask` inside the workspace")?
            .to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => std::path::absolute(PathBuf::from(dir))?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// The extension as a folder, laid out as the browser wants it.
    pub(crate) fn extension(&self) -> PathBuf {
        self.target.join("extension")
    }

    /// The packed extension that the relay embeds.
    pub(crate) fn extension_zip(&self) -> PathBuf {
        self.target.join("lapwing-extension.zip")
    }

    /// The WebAssembly build: a target folder of its own, because its compiler may be another one.
    pub(crate) fn wasm(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// Logs of the programs that xtask started.
    pub(crate) fn logs(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// Things fetched once and kept, such as axe-core.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// A program that cargo built, by profile folder (`debug` or `release`).
    pub(crate) fn program(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(name)
    }
}
