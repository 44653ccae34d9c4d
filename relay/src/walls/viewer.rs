//! Who looks at records: an account, with what the walls need to know of it. It answers what may be done with one
//! record, and carries the values that the lists of `db::inbox` are walled with.

use super::{Access, decide, name_key, orphans};
use crate::app::App;
use crate::auth::{Account, Role};
use crate::db::{accounts, walls};
use crate::error::Error;
use crate::seal;
use sqlx::AnyConnection;

/// A record that walls stand around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Object<'a> {
    /// A concern, by id.
    Concern(&'a str),
    /// An episode, by id.
    Episode(&'a str),
    /// A pupil's report, by id.
    Report(&'a str),
}

impl<'a> Object<'a> {
    /// From its kind as tables name it; none for another kind.
    pub(crate) fn of(kind: &str, id: &'a str) -> Option<Self> {
        match kind {
            "concern" => Some(Self::Concern(id)),
            "episode" => Some(Self::Episode(id)),
            "report" => Some(Self::Report(id)),
            _ => None,
        }
    }

    /// As tables name its kind.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Concern(_) => "concern",
            Self::Episode(_) => "episode",
            Self::Report(_) => "report",
        }
    }

    /// Its id.
    pub(crate) const fn id(self) -> &'a str {
        match self {
            Self::Concern(id) | Self::Episode(id) | Self::Report(id) => id,
        }
    }

    /// As its key is kept.
    pub(crate) const fn sealed(self) -> (seal::Object, &'a str) {
        match self {
            Self::Concern(id) => (seal::Object::Concern, id),
            Self::Episode(id) => (seal::Object::Episode, id),
            Self::Report(id) => (seal::Object::Report, id),
        }
    }

    /// The kind as the audit trail names it, and the id.
    pub(crate) const fn in_trail(self) -> (&'static str, &'a str) {
        match self {
            Self::Report(id) => ("pupil_report", id),
            other => (other.kind(), other.id()),
        }
    }

    /// Where its page is.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Concern(id) => format!("/concerns/{id}"),
            Self::Episode(id) => format!("/episodes/{id}"),
            Self::Report(id) => format!("/reports/{id}"),
        }
    }
}

/// How far somebody's role reaches without grants for single records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Everything in the school.
    All,
    /// What their scopes cover.
    Scope,
    /// Nothing.
    None,
}

impl Reach {
    /// As the queries compare it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Scope => "scope",
            Self::None => "none",
        }
    }
}

/// Somebody who looks at the records of one school.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    /// The school.
    pub(crate) school: String,
    /// Who it is.
    pub(crate) id: String,
    /// Their role.
    pub(crate) role: Role,
    /// The keyed hash of their name.
    pub(crate) name_key: String,
    /// How far they see.
    pub(crate) reach: Reach,
    /// The concerns that are theirs because every safeguarding lead is named: ids between commas, or nothing.
    pub(crate) orphans: String,
    /// When they look, milliseconds.
    pub(crate) now: i64,
}

impl Viewer {
    /// `me`, looking now.
    pub(crate) async fn of(app: &App, db: &mut AnyConnection, me: &Account) -> Result<Self, Error> {
        let reach = match me.role {
            Role::Dsl => Reach::All,
            Role::DeputyDsl if !accounts::is_limited(&mut *db, &me.school_id, &me.id).await? => Reach::All,
            Role::DeputyDsl | Role::Pastoral => Reach::Scope,
            _ => Reach::None,
        };
        let orphans = if me.role == Role::Head {
            let ids = orphans(db, app, &me.school_id).await?;
            if ids.is_empty() {
                String::new()
            } else {
                format!(",{},", ids.into_iter().collect::<Vec<_>>().join(","))
            }
        } else {
            String::new()
        };
        Ok(Self {
            school: me.school_id.clone(),
            id: me.id.clone(),
            role: me.role,
            name_key: name_key(app, &me.school_id, &me.name),
            reach,
            orphans,
            now: app.now(),
        })
    }

    /// What they may do with `object`: nothing when it does not exist.
    pub(crate) async fn access(&self, db: &mut AnyConnection, object: Object<'_>) -> Result<Access, Error> {
        let facts = walls::facts(db, self, object).await?;
        Ok(facts.map_or(Access::Nothing, |facts| decide(self.role, &facts)))
    }

    /// The same for somebody who needs at least `needed`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the record is not there for them, [`Error::Forbidden`] when they may see it and not do
    /// this.
    pub(crate) async fn must(
        &self,
        db: &mut AnyConnection,
        object: Object<'_>,
        needed: Access,
    ) -> Result<Access, Error> {
        match self.access(db, object).await? {
            Access::Nothing => Err(Error::NotFound),
            access if access < needed => Err(Error::Forbidden),
            access => Ok(access),
        }
    }
}
