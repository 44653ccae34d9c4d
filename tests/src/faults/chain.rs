//! The relay's own proof, `lapwing-relay verify`: whether the hash chain of each school still vouches for its rows.

use std::path::Path;

use anyhow::Result;

use super::Outcome;
use crate::relay::Relay;

/// What the relay's program says of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// This relay cannot verify.
    Unknown,
    /// Everything is as it was written.
    Sound,
    /// Something is not.
    Broken(String),
}

/// Looks at the relay's own data.
///
/// # Errors
/// When the program cannot be started.
pub async fn live(relay: &Relay) -> Result<Chain> {
    Ok(read(&relay.command(&["verify"]).await?))
}

/// Looks at a copy of the database in another folder, which has none of the anchors.
///
/// # Errors
/// When the program cannot be started.
pub async fn copy(relay: &Relay, data: &Path) -> Result<Chain> {
    Ok(read(&relay.command_on(data, &["verify", "--without-anchors"]).await?))
}

fn read(output: &std::process::Output) -> Chain {
    let said =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    if said.contains("unrecognized subcommand") {
        return Chain::Unknown;
    }
    if output.status.success() { Chain::Sound } else { Chain::Broken(said.chars().take(500).collect()) }
}

/// Notes what the relay's own proof says of its data.
///
/// # Errors
/// When the program cannot be started.
pub async fn judge(relay: &Relay, outcome: &mut Outcome) -> Result<()> {
    match live(relay).await? {
        Chain::Unknown => outcome.count("chain", "this relay has none"),
        Chain::Sound => outcome.count("chain", "sound"),
        Chain::Broken(said) => {
            outcome.count("chain", "BROKEN");
            outcome.expect(false, format!("lapwing-relay verify: {said}"));
        }
    }
    Ok(())
}
