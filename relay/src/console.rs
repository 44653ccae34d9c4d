//! What whoever runs the server may do about schools, and nobody over the network: add one, put one into a trust, add a
//! trust's lead, name the one that keeps the lists. Each is audited in the school's own trail. How it is asked for is in `cli`.

use crate::app::App;
use crate::auth::{Account, Role, token};
use crate::db::accounts::{self, NewAccount};
use crate::db::audit::{self, Event};
use crate::db::schools::{self, School};
use crate::db::scope::{self, Scope};
use crate::db::shadow;
use crate::db::{Tx, links, trusts};
use crate::error::Error;
use crate::lists;
use crate::sources::Keeper;
use crate::web::{join, setup};
use anyhow::{anyhow, bail};
use serde_json::{Value, json};

impl App {
    /// Adds a school, in the trust of that name if one is given, and answers the address by which its first accounts are
    /// made. For a school without any account yet it answers a new address; the earlier one stops working.
    ///
    /// # Errors
    /// When a school of this name is in use, or the database cannot be read or written.
    pub async fn add_school(&self, name: &str, trust: Option<&str>) -> anyhow::Result<String> {
        scope::within(Scope::Relay, self.school_added(name, trust)).await
    }

    async fn school_added(&self, name: &str, trust: Option<&str>) -> anyhow::Result<String> {
        let name = named("school", name)?;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let id = match trusts::schools_called(&mut *tx, name).await.map_err(Error::into_anyhow)?.pop() {
            Some(id) => {
                if !accounts::list(&mut *tx, &id).await.map_err(Error::into_anyhow)?.is_empty() {
                    bail!("{name} is on this relay already; give the further school another name");
                }
                id
            }
            None => {
                let school = School {
                    id: self.new_id()?,
                    name: name.to_owned(),
                    hours: String::new(),
                    enrolment_key: setup::enrolment_key(self).map_err(Error::into_anyhow)?,
                };
                schools::insert(&mut tx, &school, now).await.map_err(Error::into_anyhow)?;
                record(&mut tx, self, &school.id, "create", ("school", &school.id), json!({})).await?;
                school.id
            }
        };
        if let Some(trust) = trust {
            put_into(&mut tx, self, &id, trust).await?;
        }
        let token = token::new(self.random.as_ref())?;
        links::insert_setup_for(&mut tx, &token::hash(&token), &id, now, now + setup::LIFE)
            .await
            .map_err(Error::into_anyhow)?;
        tx.commit().await.map_err(Error::into_anyhow)?;
        Ok(self.address(&format!("/setup/{token}")))
    }

    /// Puts a school that is on this relay into the trust of that name, made when there is none.
    ///
    /// # Errors
    /// When there is no such school, or several of the name, or the database cannot be read or written.
    pub async fn join_trust(&self, school: &str, trust: &str) -> anyhow::Result<()> {
        let work = async {
            let mut tx = self.db.begin().await?;
            let id = one_called(&mut tx, school).await?;
            put_into(&mut tx, self, &id, trust).await?;
            tx.commit().await.map_err(Error::into_anyhow)?;
            Ok(())
        };
        scope::within(Scope::Relay, work).await
    }

    /// Names the school whose IT and DSLs keep the lists of sites for every school of the relay; none for nobody. Noted
    /// in every school's trail.
    ///
    /// # Errors
    /// When there is no such school, or several of the name, or the database cannot be read or written.
    pub async fn set_lists_keeper(&self, school: Option<&str>) -> anyhow::Result<()> {
        let work = async {
            let mut tx = self.db.begin().await?;
            let id = match school {
                Some(name) => Some(one_called(&mut tx, name).await?),
                None => None,
            };
            schools::set_lists_keeper(&mut tx, id.as_deref()).await.map_err(Error::into_anyhow)?;
            let is_alone = schools::ids(&mut *tx).await.map_err(Error::into_anyhow)?.len() == 1;
            if id.is_none() && !is_alone {
                // Nobody is left who sees what is on trial, or could stop it.
                let now = self.now();
                if let Some(trial) = shadow::running(&mut *tx, now).await.map_err(Error::into_anyhow)? {
                    shadow::stop(&mut tx, &trial.id, now).await.map_err(Error::into_anyhow)?;
                }
            }
            let detail = json!({ "school": school.map(str::trim) });
            let action = if id.is_some() { "name_keeper" } else { "end_keeper" };
            lists::tell(&mut tx, self, action, id.as_deref().unwrap_or_default(), detail, None)
                .await
                .map_err(Error::into_anyhow)?;
            tx.commit().await.map_err(Error::into_anyhow)
        };
        scope::within(Scope::Relay, work).await
    }

    /// Who keeps the lists that all schools share.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn lists_keeper(&self) -> anyhow::Result<Keeper> {
        Keeper::of(self).await.map_err(Error::into_anyhow)
    }

    /// Adds a lead of a trust, and answers the address by which they set a password.
    ///
    /// # Errors
    /// When the trust has no school, the e-mail address has an account, or the database cannot be read or written.
    pub async fn add_trust_lead(&self, trust: &str, name: &str, email: &str) -> anyhow::Result<String> {
        let work = async {
            let (name, email) = (named("person", name)?, email.trim().to_lowercase());
            if !email.contains('@') {
                bail!("{email} is not an e-mail address");
            }
            let mut tx = self.db.begin().await?;
            let id = trusts::find(&mut *tx, trust.trim()).await.map_err(Error::into_anyhow)?;
            let school = match id {
                Some(id) => trusts::first_school(&mut *tx, &id).await.map_err(Error::into_anyhow)?,
                None => None,
            };
            let school_id = school.ok_or_else(|| {
                anyhow!(
                    "no trust on this relay is called {trust}; put a school into it first: school join-trust"
                )
            })?;
            let account = Account {
                id: self.new_id()?,
                school_id,
                email,
                name: name.to_owned(),
                role: Role::TrustLead,
                job: format!("Safeguarding lead, {}", trust.trim()),
            };
            let new = NewAccount { account: &account, trusted_adult: false, password_hash: None };
            if !accounts::insert(&mut tx, &new, self.now()).await.map_err(Error::into_anyhow)? {
                bail!("{} has an account already", account.email);
            }
            let detail = json!({ "role": "trust_lead", "by": "console" });
            record(&mut tx, self, &account.school_id, "create", ("account", &account.id), detail).await?;
            let link = join::new_link(&mut tx, self, &account.id).await.map_err(Error::into_anyhow)?;
            tx.commit().await.map_err(Error::into_anyhow)?;
            Ok(link)
        };
        scope::within(Scope::Relay, work).await
    }
}

/// The school of this name.
async fn one_called(tx: &mut Tx, name: &str) -> anyhow::Result<String> {
    let found = trusts::schools_called(&mut **tx, name.trim()).await.map_err(Error::into_anyhow)?;
    match <[String; 1]>::try_from(found) {
        Ok([id]) => Ok(id),
        Err(found) => {
            bail!("{} schools on this relay are called {name}; give the name of one", found.len())
        }
    }
}

async fn put_into(tx: &mut Tx, app: &App, school: &str, trust: &str) -> anyhow::Result<()> {
    let trust = named("trust", trust)?;
    let id = trusts::named(tx, trust, &app.new_id()?, app.now()).await.map_err(Error::into_anyhow)?;
    trusts::join(tx, school, &id).await.map_err(Error::into_anyhow)?;
    record(tx, app, school, "join_trust", ("school", school), json!({ "trust": id })).await
}

async fn record(
    tx: &mut Tx,
    app: &App,
    school: &str,
    action: &str,
    (object_kind, object_id): (&str, &str),
    detail: Value,
) -> anyhow::Result<()> {
    let event = Event { school_id: Some(school), account_id: None, action, object_kind, object_id, detail };
    audit::record(tx, app, event).await.map_err(Error::into_anyhow)
}

fn named<'n>(what: &str, name: &'n str) -> anyhow::Result<&'n str> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) || name.chars().count() > 200 {
        bail!("the name of the {what} must be one line of 1 to 200 characters");
    }
    Ok(name)
}
