//! Who may give which role, which link, and close which account: the rules of the people pages (`people`).
//!
//! Whoever gives a link to set a password could use it themselves, so IT, which must not read what children write, gives
//! none to an account that can: a DSL adds those, and says which adults pupils may choose. A head receives what the DSLs
//! are named in, so a DSL adds a head only where there is none, and only IT closes one; leads of a trust come from the
//! server's own console.

use crate::app::App;
use crate::auth::{Account, Role};
use crate::db::Tx;
use crate::db::accounts::{self, Listed};
use crate::error::Error;

/// The roles as the form offers them. Leads of a trust are added on the server's console.
const ROLES: [(&str, &str); 8] = [
    ("staff", "Member of staff: records concerns and follows their own"),
    ("pastoral", "Pastoral staff: reads what their scope covers and what is shared with them"),
    ("deputy_dsl", "Deputy safeguarding lead: reads and decides everything, or what their scope covers"),
    ("dsl", "Safeguarding lead (DSL): reads and decides everything"),
    ("head", "Headteacher: numbers, a record in need, and what names every safeguarding lead"),
    ("governor", "Safeguarding governor: numbers, and nothing about any child"),
    ("auditor", "Auditor: who did and read what, and none of it"),
    ("it_admin", "IT administrator: looks after devices and accounts, sees nothing about any child"),
];

/// The roles that somebody may give.
pub(super) fn offered(me: &Account) -> Vec<(&'static str, &'static str)> {
    let may = |(name, _): &(&str, &str)| name.parse().is_ok_and(|role| may_give(me, role));
    ROLES.into_iter().filter(may).collect()
}

/// Whether `me` may make somebody a `role`: IT gives no role that reads what children write or who read it.
pub(super) fn may_give(me: &Account, role: Role) -> bool {
    match role {
        Role::Staff | Role::ItAdmin => true,
        Role::TrustLead => false,
        Role::Pastoral | Role::DeputyDsl | Role::Dsl | Role::Head | Role::Governor | Role::Auditor => {
            me.role == Role::Dsl
        }
    }
}

/// Whether `me` may take the role `role` from somebody. Whoever is a head is one until IT closes the account.
pub(super) fn may_take(me: &Account, role: Role) -> bool {
    role != Role::Head && may_give(me, role)
}

/// Whether this person says which adults pupils may choose: those adults read what pupils write.
pub(super) fn may_trust(me: &Account) -> bool {
    me.role == Role::Dsl
}

/// Whether `me` may close this account. A head receives what the DSLs are named in, so no DSL ends one.
pub(super) fn may_close(me: &Account, whom: &Listed) -> bool {
    whom.account.id != me.id
        && match whom.account.role {
            Role::Head | Role::TrustLead => me.role == Role::ItAdmin,
            _ => true,
        }
}

/// Whoever holds a link becomes that person. IT must not read cases or reports, so only a DSL gives a new link to
/// somebody who can; and a DSL gives none to IT, whose accounts they could not answer for, nor to the head, who receives
/// what DSLs are named in. The server's own console gives a link to anybody.
pub(super) async fn may_link(app: &App, me: &Account, whom: &Listed) -> Result<bool, Error> {
    Ok(match whom.account.role {
        Role::Pastoral | Role::DeputyDsl | Role::Dsl | Role::Governor | Role::Auditor => me.role == Role::Dsl,
        Role::ItAdmin => me.role == Role::ItAdmin,
        Role::Head | Role::TrustLead => false,
        Role::Staff if me.role == Role::Dsl => true,
        Role::Staff if whom.trusted_adult => false,
        Role::Staff => {
            // Somebody who has recorded a concern, or with whom a record is shared, reads what children said.
            !accounts::has_records(app.db.read(), &me.school_id, &whom.account.id, app.now()).await?
        }
    })
}

/// Whether `me` may give this person another role. IT may give a link to a colleague of IT: if it could make one of somebody
/// who reads records, and then undo that, it could sign in as them.
pub(super) async fn may_move(tx: &mut Tx, app: &App, me: &Account, whom: &Listed) -> Result<bool, Error> {
    if me.role == Role::Dsl {
        return Ok(true);
    }
    let reads = accounts::has_records(&mut **tx, &me.school_id, &whom.account.id, app.now()).await?;
    Ok(!whom.trusted_adult && !reads)
}

/// Whether the school has a head.
pub(super) async fn has_head(app: &App, me: &Account) -> Result<bool, Error> {
    Ok(accounts::count(app.db.read(), &me.school_id, Role::Head).await? > 0)
}
