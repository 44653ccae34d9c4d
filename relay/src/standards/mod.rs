//! The UK Safer Internet Centre's lists of what is appropriate filtering and monitoring, answered from what is really set:
//! `facts` gathers it, `basis` says what several rows rest on, `filtering`
//! (with `practice`) and `monitoring` make the rows, in the order of the Centre's forms and in our words.
//! No row is met because Lapwing could: where something is switched off, missing or not known, the row says so and what to do.

mod basis;
mod facts;
mod filtering;
mod monitoring;
mod practice;
#[cfg(test)]
mod tests;

pub(crate) use facts::Facts;

/// How far a row is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Fully, as things are set now.
    Met,
    /// In part.
    Partly,
    /// Not.
    NotMet,
    /// It asks about the school or the supplier rather than about what is set here.
    Yours,
}

impl Status {
    /// In words.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Met => "Met",
            Self::Partly => "Partly met",
            Self::NotMet => "NOT MET",
            Self::Yours => "For you to answer",
        }
    }

    /// The worse of both: a row is no better than what it rests on.
    #[must_use]
    const fn least(self, other: Self) -> Self {
        match (self, other) {
            (Self::NotMet, _) | (_, Self::NotMet) => Self::NotMet,
            (Self::Partly, _) | (_, Self::Partly) => Self::Partly,
            (Self::Met, other) => other,
            (own @ Self::Yours, _) => own,
        }
    }

    /// Whether it must stand out.
    pub(crate) const fn stands_out(self) -> bool {
        matches!(self, Self::NotMet)
    }
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Our number of the row.
    pub(crate) code: &'static str,
    /// What it asks.
    pub(crate) asks: &'static str,
    /// How far it is met.
    pub(crate) status: Status,
    /// The answer.
    pub(crate) answer: String,
    /// What to do; empty when there is nothing.
    pub(crate) todo: String,
}

/// Makes a row.
fn row(
    code: &'static str,
    asks: &'static str,
    status: Status,
    answer: impl Into<String>,
    todo: impl Into<String>,
) -> Row {
    Row { code, asks, status, answer: answer.into(), todo: todo.into() }
}

/// The rows about filtering.
pub(crate) fn filtering(facts: &Facts) -> Vec<Row> {
    filtering::rows(facts)
}

/// The rows about monitoring.
pub(crate) fn monitoring(facts: &Facts) -> Vec<Row> {
    monitoring::rows(facts)
}
