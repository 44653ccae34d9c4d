//! `school` and `trust-lead`: further schools on this relay, and trusts above them. What is done is in `crate::console`.

use super::Options;
use crate::serve;
use crate::sources::Keeper as Lists;
use clap::{Args, Subcommand};
use std::io::Write;

/// What can be done about schools.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a school and print its own set-up link (again, while it has no account)
    Add {
        /// The school's name
        name: String,
        /// The trust that it belongs to, made when there is none of the name
        #[arg(long, value_name = "NAME")]
        trust: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Put a school that is on this relay into a trust
    JoinTrust {
        /// The school's name
        name: String,
        /// The trust, made when there is none of the name
        #[arg(long, value_name = "NAME")]
        trust: String,
        #[command(flatten)]
        options: Options,
    },
}

/// A new lead of a trust.
#[derive(Debug, Args)]
pub(super) struct TrustLead {
    /// Their name
    name: String,
    /// The e-mail address that they will sign in with
    email: String,
    /// The trust's name
    #[arg(long, value_name = "NAME")]
    trust: String,
    #[command(flatten)]
    options: Options,
}

impl Command {
    /// Does it, and prints what to do next.
    pub(super) async fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        match self {
            Self::Add { name, trust, options } => {
                let app = serve::app(&options.config()?).await?;
                let link = app.add_school(&name, trust.as_deref()).await?;
                writeln!(out, "Set up {name} here (works once, for 24 hours): {link}")?;
                if app.lists_keeper().await? == Lists::Nobody {
                    writeln!(
                        out,
                        "All schools of this relay share the lists of sites, and none of them can change them until you name \
                         one that keeps them for all: lapwing-relay lists keeper SCHOOL"
                    )?;
                }
            }
            Self::JoinTrust { name, trust, options } => {
                serve::app(&options.config()?).await?.join_trust(&name, &trust).await?;
                writeln!(out, "{name} is now in {trust}.")?;
            }
        }
        Ok(())
    }
}

impl TrustLead {
    /// Adds the account, and prints its link.
    pub(super) async fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let app = serve::app(&self.options.config()?).await?;
        let link = app.add_trust_lead(&self.trust, &self.name, &self.email).await?;
        writeln!(out, "Give this link to {} (works once, for a week): {link}", self.name)?;
        Ok(())
    }
}
