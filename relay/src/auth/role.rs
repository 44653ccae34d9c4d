//! Roles, and the account that a request acts for.

use std::fmt;
use std::str::FromStr;

/// What an account may do. `routes` says which role each URL needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Logs concerns and follows their own.
    Staff,
    /// Designated Safeguarding Lead: reads and decides everything.
    Dsl,
    /// Looks after devices and accounts; sees nothing about any child.
    ItAdmin,
}

/// A role that the database names and this program does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a role; use staff, dsl or it_admin")]
pub struct UnknownRole(String);

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Staff, Self::Dsl, Self::ItAdmin];

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Dsl => "dsl",
            Self::ItAdmin => "it_admin",
        }
    }

    /// In words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Staff => "member of staff",
            Self::Dsl => "safeguarding lead (DSL)",
            Self::ItAdmin => "IT administrator",
        }
    }

    /// Where this role starts.
    #[must_use]
    pub const fn home(self) -> &'static str {
        match self {
            Self::Staff => "/concerns",
            Self::Dsl => "/inbox",
            Self::ItAdmin => "/devices",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// The person for whom a request acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// The account's id.
    pub(crate) id: String,
    /// The school, and the only one whose rows this request may touch.
    pub(crate) school_id: String,
    /// Lower case.
    pub(crate) email: String,
    /// As others know them.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// What they do: “Head of Year 9”. May be empty.
    pub(crate) job: String,
}
