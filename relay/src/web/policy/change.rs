//! How a change of the policy becomes a version: checked, told in words, and kept with who, when and why; or kept as a
//! proposal where the school wants a second person.

use crate::app::App;
use crate::auth::Account;
use crate::db::policy::{self, New};
use crate::error::Error;
use crate::policy::{Current, ask, words};
use crate::seal::{PolicyText, Vault};
use crate::web::form::{Errors, clean};
use crate::web::trail;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_core::school::{Effect, SchoolPolicy, limit};
use lapwing_core::{Audience, Policy};
use serde_json::json;

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Outcome {
    /// It is a version, and devices hear of it.
    Made,
    /// It waits for a second person.
    Waits,
}

/// A change.
#[derive(Debug, Clone)]
pub(in crate::web) struct Change<'a> {
    /// The version that whoever makes it saw.
    pub(in crate::web) on: i64,
    /// What shall hold.
    pub(in crate::web) after: SchoolPolicy,
    /// Why, as typed.
    pub(in crate::web) why: &'a str,
    /// The number of the version that it brings back.
    pub(in crate::web) restored: Option<i64>,
}

/// Where to go after a change: to the page it was made on, or to what waits.
pub(in crate::web) fn done(outcome: Outcome, page: &str) -> Response {
    Redirect::to(if outcome == Outcome::Made { page } else { "/policy#waiting" }).into_response()
}

/// Checks a change and keeps it. Answers nothing where something is wrong with it, which `errors` then says.
pub(in crate::web) async fn submit(
    app: &App,
    me: &Account,
    vault: &Vault,
    current: &Current,
    change: Change<'_>,
    errors: &mut Errors,
) -> Result<Option<Outcome>, Error> {
    let Some(written) = checked(current, change, errors)? else { return Ok(None) };
    let mut tx = app.db.begin().await?;
    let outcome = keep(app, &mut tx, me, vault, current, written).await?;
    if outcome.is_some() {
        tx.commit().await?;
    } else {
        overtaken(errors);
    }
    Ok(outcome)
}

/// Says that somebody else's change was there first.
pub(in crate::web) fn overtaken(errors: &mut Errors) {
    errors.add("why", "Somebody else has changed the policy at the same moment. Send it again");
}

/// A change that may be kept, with its words; nothing where something is wrong with it, which `errors` then says.
pub(in crate::web) fn checked<'a>(
    current: &Current,
    change: Change<'a>,
    errors: &mut Errors,
) -> Result<Option<Written<'a>>, Error> {
    let why = clean(change.why, false);
    let length = why.chars().count();
    if why.is_empty() {
        errors.add("why", "Say why, for those who read it in a year");
    } else if length > limit::REASON {
        errors.add(
            "why",
            format!("The reason is {length} characters long. Make it {} or fewer", limit::REASON),
        );
    }
    if change.on != current.number {
        let words = "Somebody else has changed the policy since you opened this page. Check what holds now, then send this again";
        errors.add("why", words);
    }
    for problem in change.after.check() {
        errors.add("why", format!("{}: {}", problem.key, problem.problem));
    }
    helplines(current, &change.after, errors)?;
    let changes = words::changes(&current.policy, &change.after);
    if changes.is_empty() && errors.is_empty() {
        errors.add("why", "Nothing would change: it is so already");
    }
    Ok(errors.is_empty().then_some(Written { change, changes, why }))
}

/// A change with its words.
#[derive(Debug)]
pub(in crate::web) struct Written<'a> {
    change: Change<'a>,
    changes: Vec<String>,
    why: String,
}

/// Keeps a change, in the transaction of whatever belongs to it. Answers nothing when somebody else's was there first: then
/// nothing of the transaction may be kept.
pub(in crate::web) async fn keep(
    app: &App,
    tx: &mut crate::db::Tx,
    me: &Account,
    vault: &Vault,
    current: &Current,
    written: Written<'_>,
) -> Result<Option<Outcome>, Error> {
    let Written { change, changes, why } = written;
    // The number is the row's own, so that a proposal can be approved as it is.
    let stored = SchoolPolicy { number: 0, ..change.after };
    let document = serde_json::to_string(&stored).map_err(Error::internal)?;
    let count = changes.len();
    let (id, text) = (app.new_id()?, PolicyText { document, changes, why });
    let mut new = New {
        id: &id,
        number: current.number,
        text: &text,
        by: &me.id,
        approved_by: None,
        restored: change.restored,
    };
    if current.policy.two_person {
        policy::propose(tx, app, vault, new).await?;
        let detail = json!({ "on": current.number, "changes": count });
        trail::note(tx, app, me, "propose", ("policy_proposal", &id), detail).await?;
        return Ok(Some(Outcome::Waits));
    }
    new.number += 1;
    if !policy::add(tx, app, vault, new).await? {
        return Ok(None);
    }
    let detail = json!({ "number": new.number, "changes": count, "restored": change.restored });
    trail::note(tx, app, me, "change", ("policy_version", &id), detail).await?;
    Ok(Some(Outcome::Made))
}

/// Helplines always open, so nobody may be led to believe that they had blocked one.
fn helplines(current: &Current, after: &SchoolPolicy, errors: &mut Errors) -> Result<(), Error> {
    let known = &current.policy.exceptions;
    let new: Vec<_> = after
        .exceptions
        .iter()
        .filter(|one| one.effect == Effect::Block && !known.iter().any(|before| before.id == one.id))
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let engine = ask::engine(Policy::school_default(Audience::Unspecified))?;
    for one in new {
        if engine.never_reads_url(&format!("https://{}/", one.site)) {
            errors.add("site", format!("{} is a helpline, a bank or the like: it always opens", one.site));
        }
    }
    Ok(())
}
