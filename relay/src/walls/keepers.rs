//! Who deals with a concern in which a safeguarding lead is named: the leads who are not, and when every one is, the
//! head. When the head is named too, nobody in the school can open it here, and the reporter is told where to go. A lead
//! who has never signed in is none here: what waits for them alone would be read by nobody.

use super::name_key;
use crate::app::App;
use crate::auth::{Account, Role};
use crate::db::accounts;
use crate::db::walls::{self, Named};
use crate::error::Error;
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet};

/// The concerns of `school` in which every safeguarding lead is named: ids.
pub(crate) async fn orphans(
    db: &mut AnyConnection,
    app: &App,
    school: &str,
) -> Result<BTreeSet<String>, Error> {
    let mut concerns: BTreeMap<String, Vec<Named>> = BTreeMap::new();
    for named in walls::named_in_school(&mut *db, school).await? {
        concerns.entry(named.concern_id.clone()).or_default().push(named);
    }
    if concerns.is_empty() {
        return Ok(BTreeSet::new());
    }
    let leads = with_keys(app, school, accounts::able(&mut *db, school, Role::Dsl).await?);
    let orphaned =
        |named: &Vec<Named>| leads.iter().all(|(lead, key)| named.iter().any(|one| one.is(&lead.id, key)));
    Ok(concerns.into_iter().filter(|(_, named)| orphaned(named)).map(|(id, _)| id).collect())
}

/// Who may deal with a concern: the safeguarding leads who are not named in it, or else the head. Nobody when they are
/// all named.
pub(crate) async fn keepers(
    db: &mut AnyConnection,
    app: &App,
    school: &str,
    concern: &str,
) -> Result<Vec<Account>, Error> {
    let named = walls::named_in(&mut *db, school, concern).await?;
    let leads = accounts::able(&mut *db, school, Role::Dsl).await?;
    // A head who has not signed in yet is still the one to be told in person; nobody comes after the head.
    let heads = accounts::holding(&mut *db, school, Role::Head).await?;
    for holding in [leads, heads] {
        let holding = with_keys(app, school, holding);
        let free = holding.into_iter().filter(|(who, key)| !named.iter().any(|one| one.is(&who.id, key)));
        let free: Vec<Account> = free.map(|(who, _)| who).collect();
        if !free.is_empty() {
            return Ok(free);
        }
    }
    Ok(Vec::new())
}

fn with_keys(app: &App, school: &str, accounts: Vec<Account>) -> Vec<(Account, String)> {
    accounts
        .into_iter()
        .map(|account| {
            let key = name_key(app, school, &account.name);
            (account, key)
        })
        .collect()
}
