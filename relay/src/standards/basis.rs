//! What several rows rest on: devices that were in use and proved themselves, and the licensed lists with their ages. A row is
//! never better than the worst of what it rests on, and says what is missing.

use super::Status::{Met, NotMet, Partly};
use super::facts::Licensed;
use super::{Facts, Status};

/// Fewer addresses or sites than this are a trial, and no list of their kind.
pub(super) const FEW: u64 = 100;

/// A licensed list that rows ask about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// What it is called.
    pub(super) what: &'static str,
    /// As `lists build` names it.
    name: &'static str,
    /// A list that was put in force more days ago than this is not met.
    old: i64,
    found: fn(&Facts) -> Option<Licensed>,
}

/// The Foundation changes its list twice a day, and expects members to follow. A week is what a failed build or a school holiday
/// may take until somebody must look.
pub(super) const IWF: Slot =
    Slot { what: "IWF URL list", name: "iwf", old: 7, found: |facts| facts.lists.as_ref()?.iwf };

/// No rhythm of it is public, and it is handed over to providers by hand: a month.
pub(super) const CTIRU: Slot =
    Slot { what: "police-assessed list", name: "ctiru", old: 31, found: |facts| facts.lists.as_ref()?.ctiru };

/// A state with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// How far it is so.
    pub(super) status: Status,
    /// What is known.
    pub(super) words: String,
    /// What to do, sentences.
    pub(super) todo: String,
}

/// What devices in use have proved by the daily test, which holds only where every layer held.
pub(super) fn proved(facts: &Facts) -> Shown {
    let Facts { in_use, proved, failing, .. } = facts;
    let words = format!(
        "{proved} of {in_use} devices in use this week proved themselves by the daily test, {failing} fail it."
    );
    let look = "Look at the devices that fail or have sent no proof, on the page Devices.";
    let (status, todo) = match (*in_use, *proved) {
        (0, _) => (NotMet, "No device was in use this week, so nothing is proved. Install the extension."),
        (_, 0) => (NotMet, look),
        (all, proved) if all == proved => (Met, ""),
        _ => (Partly, look),
    };
    Shown { status, words, todo: todo.to_owned() }
}

/// The same, of lists that were published: devices must have the newest, too.
pub(super) fn proved_lists(facts: &Facts) -> Shown {
    let mut shown = proved(facts);
    if facts.lists.is_some() {
        shown.words += &format!(" {} of {} have the lists in force.", facts.up_to_date, facts.in_use);
        if shown.status == Met && facts.up_to_date < facts.in_use {
            shown.status = Partly;
            "Wait until all devices have fetched the lists, or look at them on the page Devices."
                .clone_into(&mut shown.todo);
        }
    }
    shown
}

/// What needs a device, and no layer of it: nothing is so where none is in use.
pub(super) fn used(facts: &Facts, status: Status) -> (Status, &'static str) {
    if facts.in_use == 0 {
        (NotMet, "No device was in use this week. Install the extension.")
    } else {
        (status, "")
    }
}

/// Whether a licensed list is in force, young enough, and on devices.
pub(super) fn licensed(facts: &Facts, slot: Slot) -> Shown {
    let Slot { what, name, old, found } = slot;
    let Some(Licensed { entries, days }) = found(facts) else {
        return Shown {
            status: NotMet,
            words: format!("The {what} is not in force. Lapwing has a place for it and does not bring it."),
            todo: format!(
                "Become a member, or ask who supplies you, and build lists with --source {name}=FILE."
            ),
        };
    };
    let devices = proved_lists(facts);
    let mut todo = Vec::new();
    if days > old {
        todo.push(format!("Older than {old} days: build and publish lists with today’s {what}."));
    }
    if entries < FEW {
        todo.push(format!("{entries} entries are not the whole list: see which file was given."));
    }
    let own = if todo.is_empty() { Met } else { Partly };
    todo.extend((!devices.todo.is_empty()).then_some(devices.todo));
    Shown {
        status: own.least(devices.status),
        words: format!(
            "{entries} entries of the {what} were published, as hashes, {days} days ago; how old the file was then is not \
             known here. Nobody at school can switch them off. {} The daily test asks none of these entries.",
            devices.words
        ),
        todo: todo.join(" "),
    }
}

/// Sentences, one after another.
pub(super) fn joined(sentences: &[&str]) -> String {
    sentences.iter().filter(|one| !one.is_empty()).copied().collect::<Vec<_>>().join(" ")
}
