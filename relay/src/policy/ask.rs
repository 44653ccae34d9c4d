//! What would happen if a pupil opened an address: answered by the very code that devices run, so that a page for staff
//! and a browser cannot disagree. Device management is not known here: the answer is that of a browser for which IT
//! has set only a year group and groups.

use crate::error::Error;
use lapwing_core::school::{InForce, Member, SchoolPolicy};
use lapwing_core::{Audience, Category, Decision, Engine, Frame, Lists, Policy, Sites, Visit};
use std::sync::Arc;

/// Whose browser, and when.
#[derive(Debug, Clone)]
pub(crate) struct Pupil {
    /// Year group, or staff.
    pub(crate) audience: Audience,
    /// Ids of groups.
    pub(crate) groups: Vec<String>,
    /// The account signed in to the browser; may be empty.
    pub(crate) account: String,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
}

/// An engine over the lists that are built in.
pub(crate) fn engine(policy: Policy) -> Result<Engine, Error> {
    Engine::new(Lists::starter().map_err(Error::internal)?, policy).map_err(Error::internal)
}

/// What a host is listed for on devices: by the lists that are built in, and by `sites`, those that are published.
pub(crate) fn listed(url: &str, sites: Option<Arc<Sites>>) -> Result<Vec<Category>, Error> {
    let mut engine = engine(Policy::school_default(Audience::Unspecified))?;
    if let Some(sites) = sites {
        engine = engine.with_sites(sites);
    }
    Ok(engine.check_url(&Visit { url, frame: Frame::Main }).verdict.categories)
}

/// What would happen, and what of the policy holds for this pupil then. The policy's clock must be set; `sites` are those of
/// the published lists ([`super::published`]).
pub(crate) fn open(
    policy: &SchoolPolicy,
    pupil: &Pupil,
    url: &str,
    sites: Option<Arc<Sites>>,
) -> Result<(Decision, InForce), Error> {
    let member = Member { audience: pupil.audience, groups: &pupil.groups, account: &pupil.account };
    let in_force = policy.compile(&Policy::school_default(pupil.audience), &member, pupil.at);
    let mut engine = engine(in_force.policy.clone())?;
    if let Some(sites) = sites {
        engine = engine.with_sites(sites);
    }
    Ok((engine.check_url(&Visit { url, frame: Frame::Main }), in_force))
}
