//! The database: whether it can be reached and written, is of this program's making, keeps what it has acknowledged, and
//! still agrees with its own audit trail. What it looks at is asked in `db::operation`.

use super::{Finding, anchors, keys};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::db::operation::Look;

const WHAT: &str = "database";

/// Opens the database as it is, and looks.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let file = config.data.join("lapwing.db");
    if config.database.is_none() && !file.exists() {
        return vec![Finding::well(WHAT, "there is none yet; serve makes it")];
    }
    let look = match Look::open(config.database.as_ref(), &file).await {
        Ok(look) => look,
        Err(error) => {
            let mend = if config.database.is_some() {
                "check that PostgreSQL runs, and user, password and host in LAPWING_DATABASE"
            } else {
                "check the file’s owner; if it is damaged, restore a backup beside it and compare"
            };
            return vec![Finding::bad(WHAT, error.to_string(), mend)];
        }
    };
    let mut findings = Vec::new();
    match examined(&look, &mut findings).await {
        Ok(false) => {}
        Ok(true) => {
            findings.extend(anchors::look(config, &look).await);
            findings.extend(keys::look(config, &look).await);
        }
        Err(error) => {
            findings.push(Finding::bad(
                WHAT,
                error,
                "is this Lapwing’s database, and may this role read it?",
            ));
        }
    }
    look.close().await;
    findings
}

/// Answers whether there are tables to look into.
async fn examined(look: &Look, findings: &mut Vec<Finding>) -> Result<bool, String> {
    let failed = |error: sqlx::Error| error.to_string();
    findings.push(Finding::well(WHAT, look.version().await.map_err(failed)?));
    let (have, newest) = look.schema().await.map_err(failed)?;
    if have == 0 {
        findings.push(Finding::well("schema", "there is none yet; serve makes it"));
        return Ok(false);
    }
    findings.push(match look.writable().await {
        Ok(()) => Finding::well("writing", "the database takes changes"),
        Err(error) => Finding::bad(
            "writing",
            error.to_string(),
            "look for another program that holds a lock, a full disk, or a standby server that only reads",
        ),
    });
    findings.push(if have == newest {
        Finding::well("schema", format!("version {have}"))
    } else if have < newest {
        let found = format!("version {have}, and this program brings {newest}");
        Finding::warn("schema", found, "serve brings it up to date; take a backup first")
    } else {
        let found = format!("version {have} is of a newer program; this one knows {newest}");
        Finding::bad("schema", found, "start the newer program again")
    });
    for (setting, value, wanted) in look.settings().await.map_err(failed)? {
        findings.push(if wanted.contains(&value.as_str()) {
            Finding::well("durability", format!("{setting} is {value}"))
        } else {
            let found =
                format!("{setting} is {value}: an acknowledged alert may be lost when the power fails");
            Finding::bad("durability", found, format!("set {setting} to {}", wanted.join(" or ")))
        });
    }
    if let Some(bypasses) = look.bypasses_row_security().await.map_err(failed)? {
        findings.push(if bypasses {
            Finding::bad(
                "row-level security",
                "the relay’s database role is a superuser, or bypasses row security: the second wall between schools is \
                 not there",
                "connect as an ordinary role that owns the tables: alter role NAME nosuperuser nobypassrls",
            )
        } else {
            Finding::well("row-level security", "the relay’s database role is held to it")
        });
    }
    let (broken, newest) = look.chain().await.map_err(failed)?;
    findings.push(if broken == 0 {
        Finding::well("audit trail", "every school’s chain ends where it should; `verify` looks at each link")
    } else {
        let found =
            format!("the chains of {broken} schools do not end where they should: rows were changed by hand");
        Finding::bad("audit trail", found, "stop, keep a copy of everything, and run `lapwing-relay verify`")
    });
    let ahead = newest.unwrap_or(0) - SystemClock.millis();
    findings.push(if ahead > 5 * 60 * 1000 {
        let found = format!("the newest event was {} minutes in the future", ahead / 60_000);
        Finding::bad(
            "clock and records",
            found,
            "the clock was set back, or ran ahead: set it right before starting",
        )
    } else {
        Finding::well("clock and records", "no event is from the future")
    });
    Ok(true)
}
