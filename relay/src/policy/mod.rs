//! The school's policy between database, devices and pages: which one holds, what a device is told of it, the school's
//! clock, and what would happen with an address. Rows are in `db::policy` and `db::access`, pages in `web::policy`, and
//! what a policy means in `lapwing_core`.

pub(crate) mod ask;
pub(crate) mod published;
pub(crate) mod words;
pub(crate) mod zone;

use crate::app::App;
use crate::db::access::{self, Asked};
use crate::db::policy::{self, Version};
use crate::error::Error;
use crate::seal::Vault;
use lapwing_core::Entry;
use lapwing_core::school::{Decider, Effect, Exception, SchoolPolicy, Whom};
use lapwing_core::wire::{AccessState, Answered, PolicyNews};
use serde_json::Value;

/// For how long a device hears what became of a request, milliseconds.
const REMEMBERED: i64 = 7 * 24 * 60 * 60 * 1_000;

/// The policy that holds.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    /// Its number; 0 while the school has set nothing.
    pub(crate) number: i64,
    /// What it says.
    pub(crate) policy: SchoolPolicy,
    /// Who made it, and why; none while the school has set nothing.
    pub(crate) version: Option<Version>,
}

/// The policy that holds for the school of this vault.
pub(crate) async fn current(app: &App, vault: &Vault) -> Result<Current, Error> {
    let version = policy::versions(app.db.read(), vault, i64::MAX, 1).await?.pop();
    let Some(version) = version else {
        return Ok(Current { number: 0, policy: SchoolPolicy::default(), version: None });
    };
    let policy = read(&version)?;
    Ok(Current { number: version.number, policy, version: Some(version) })
}

/// What a version says. Nothing is kept that cannot be read again.
pub(crate) fn read(version: &Version) -> Result<SchoolPolicy, Error> {
    let mut policy = SchoolPolicy::from_json(&version.text.document).map_err(|problems| {
        let found: Vec<_> = problems.iter().map(|p| format!("{}: {}", p.key, p.problem)).collect();
        Error::Internal(format!("version {} of a policy: {}", version.number, found.join("; ")))
    })?;
    policy.number = version.number;
    Ok(policy)
}

/// The number of the school's policy that a device has, by the `policy_version` of its check-in.
fn known(policy_version: &str) -> i64 {
    policy_version.rsplit_once('+').and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
}

/// What a device is told at its check-in.
pub(crate) async fn news(
    app: &App,
    vault: &Vault,
    device: &str,
    policy_version: &str,
) -> Result<(PolicyNews, Vec<AccessState>), Error> {
    let now = app.now();
    let number = policy::number(app.db.read(), vault.school()).await?;
    let mut document = None;
    if number != known(policy_version) && number > 0 {
        let mut told = current(app, vault).await?.policy.for_devices(now);
        zone::set_clock(&mut told, now);
        document = Some(serde_json::to_value(&told).map_err(Error::internal)?);
    }
    let asked = access::of_device(app.db.read(), vault, device, now - REMEMBERED, now).await?;
    let own = asked.iter().filter_map(|one| own(one, now)).map(serde_json::to_value);
    let own = own.collect::<Result<Vec<Value>, _>>().map_err(Error::internal)?;
    Ok((PolicyNews { number, document, own }, asked.into_iter().map(state).collect()))
}

/// What is allowed to single pupils of the school now, for the account that asked.
pub(crate) async fn allowances(app: &App, vault: &Vault) -> Result<Vec<Exception>, Error> {
    let now = app.now();
    let answered = access::answered(app.db.read(), vault, now, now).await?;
    Ok(answered.iter().filter_map(|one| own(one, now)).collect())
}

/// What was allowed to one pupil, as an exception for their browser.
fn own(asked: &Asked, now: i64) -> Option<Exception> {
    let answer = asked.answer.as_ref()?;
    let is_on = answer.allowed && answer.for_pupil && answer.ended_at.is_none();
    if !is_on || answer.until.is_none_or(|until| until <= now) {
        return None;
    }
    Some(Exception {
        id: asked.id.clone(),
        site: Entry::parse(&asked.text.host).ok()?,
        effect: Effect::Allow,
        whom: Whom::Account(asked.text.account.clone()),
        until: answer.until,
        by: Decider::Safeguarding,
        reason: String::new(),
        owner: String::new(),
        added: answer.at,
    })
}

fn state(asked: Asked) -> AccessState {
    let (answered, words) = match asked.answer {
        None => (Answered::Open, String::new()),
        Some(answer) if answer.allowed => (Answered::Allowed, answer.text.words),
        Some(answer) => (Answered::Refused, answer.text.words),
    };
    AccessState { id: asked.id, host: asked.text.host, answered, words, asked_at: asked.at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_says_which_version_it_has() {
        assert_eq!(known("3f1c9a+17"), 17);
        assert_eq!((known("3f1c9a"), known(""), known("a+b"), known("a+")), (0, 0, 0, 0));
    }
}
