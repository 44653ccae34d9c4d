//! Roles, and the account that a request acts for.

use std::fmt;
use std::str::FromStr;

/// What an account may do. `routes` says which role each URL needs, `walls` what a role may do with one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Logs concerns and follows their own.
    Staff,
    /// Reads what their scope covers and what is shared with them.
    Pastoral,
    /// Deputy of the Designated Safeguarding Lead: reads and decides everything, or what their scope covers.
    DeputyDsl,
    /// Designated Safeguarding Lead: reads and decides everything.
    Dsl,
    /// Headteacher: numbers, a record in need, and what names every safeguarding lead.
    Head,
    /// Safeguarding governor: numbers of the school, and no child.
    Governor,
    /// Safeguarding lead of a trust: numbers of its schools, and a record in need.
    TrustLead,
    /// Looks after devices and accounts; sees nothing about any child.
    ItAdmin,
    /// Reads who did and read what, and none of it.
    Auditor,
}

/// A role that the database names and this program does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is not a role; use staff, pastoral, deputy_dsl, dsl, head, governor, trust_lead, it_admin or auditor"
)]
pub struct UnknownRole(String);

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Staff,
        Self::Pastoral,
        Self::DeputyDsl,
        Self::Dsl,
        Self::Head,
        Self::Governor,
        Self::TrustLead,
        Self::ItAdmin,
        Self::Auditor,
    ];

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Pastoral => "pastoral",
            Self::DeputyDsl => "deputy_dsl",
            Self::Dsl => "dsl",
            Self::Head => "head",
            Self::Governor => "governor",
            Self::TrustLead => "trust_lead",
            Self::ItAdmin => "it_admin",
            Self::Auditor => "auditor",
        }
    }

    /// In words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Staff => "member of staff",
            Self::Pastoral => "pastoral staff",
            Self::DeputyDsl => "deputy safeguarding lead",
            Self::Dsl => "safeguarding lead (DSL)",
            Self::Head => "headteacher",
            Self::Governor => "safeguarding governor",
            Self::TrustLead => "trust safeguarding lead",
            Self::ItAdmin => "IT administrator",
            Self::Auditor => "auditor",
        }
    }

    /// Where this role starts.
    #[must_use]
    pub const fn home(self) -> &'static str {
        match self {
            Self::Staff => "/concerns",
            Self::Pastoral | Self::DeputyDsl | Self::Dsl | Self::Head => "/inbox",
            Self::Governor => "/numbers",
            Self::TrustLead => "/trust",
            Self::ItAdmin => "/devices",
            Self::Auditor => "/trail",
        }
    }

    /// Whether somebody of this role can meet a record about a child at all, however it is opened to them.
    pub(crate) const fn meets_records(self) -> bool {
        match self {
            Self::Staff | Self::Pastoral | Self::DeputyDsl | Self::Dsl | Self::Head | Self::TrustLead => true,
            Self::Governor | Self::ItAdmin | Self::Auditor => false,
        }
    }

    /// Whether this role decides about records: safeguarding leads and the head, of what is theirs.
    pub(crate) const fn decides(self) -> bool {
        matches!(self, Self::DeputyDsl | Self::Dsl | Self::Head)
    }

    /// Whether this role works in the school with children: records concerns, can be shared with, can be chosen.
    pub(crate) const fn is_school_staff(self) -> bool {
        matches!(self, Self::Staff | Self::Pastoral | Self::DeputyDsl | Self::Dsl | Self::Head)
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
