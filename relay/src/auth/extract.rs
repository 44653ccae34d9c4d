//! The account as a handler takes it. Each extractor checks the role once more, so that a handler never runs for a
//! role that it was not written for, whatever the table says.

use super::gate::allows;
use super::{Account, Session};
use crate::error::Error;
use crate::routes::Needs;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts.extensions.get::<Self>().cloned().ok_or(Error::SignIn { next: None })
    }
}

macro_rules! account_extractor {
    ($( $(#[$meta:meta])* $name:ident; )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub(crate) struct $name(pub(crate) Account);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Error;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
                let session = Session::from_request_parts(parts, state).await?;
                if allows(Needs::$name, &session.account) { Ok(Self(session.account)) } else { Err(Error::Forbidden) }
            }
        }
    )+ };
}

account_extractor! {
    /// Anybody who is signed in.
    AnyRole;
    /// Anybody who may log a concern.
    Staff;
    /// Anybody for whom something can wait: pastoral staff, safeguarding leads, the head.
    Waiting;
    /// Anybody who may decide about some record: safeguarding leads, the head.
    Lead;
    /// A Designated Safeguarding Lead.
    Dsl;
    /// Anybody of the school who may break the glass over a record.
    Glass;
    /// Anybody who may see the school's numbers.
    Numbers;
    /// The safeguarding lead of a trust.
    TrustLead;
    /// Anybody who may see who did and read what.
    Trail;
    /// An IT administrator.
    ItAdmin;
    /// Anybody who may see the school's policy: safeguarding leads, the head, IT.
    Policy;
    /// Anybody of the school's staff, or IT.
    StaffOrIt;
    /// Anybody who answers for filtering and monitoring: safeguarding leads, the head, a governor, IT.
    Evidence;
    /// An IT administrator or a DSL: who looks after accounts.
    ItOrDsl;
}
