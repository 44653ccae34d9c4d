//! The rows about monitoring, as far as what is set here answers them.

use super::Status::{Met, NotMet, Partly, Yours};
use super::{Facts, Row, row};

/// Each row, in order.
pub(super) fn rows(facts: &Facts) -> Vec<Row> {
    let Facts { in_use, proved, failing, .. } = facts;
    let proof = format!(
        "{proved} of {in_use} devices in use this week proved by the daily test that typed text is read, {failing} fail it."
    );
    let (works, mend) = match (*in_use, *proved) {
        (0, _) => (NotMet, "Install the extension; no device was in use this week."),
        (all, proved) if all == proved => (Met, ""),
        _ => (Partly, "Look at the devices that fail or have sent no proof, on the page Devices."),
    };
    let slots = facts.lists.as_ref().map_or((None, None), |lists| (lists.iwf, lists.ctiru));
    let listed = |found: Option<u64>| if found.is_some() { Met } else { NotMet };
    let words = |found: Option<u64>, what: &str| match found {
        Some(count) => format!(
            "{count} entries of the {what} are in force. A visit is a critical alert without the address."
        ),
        None => format!("The {what} is not in force."),
    };
    let todo = |found: Option<u64>, name: &str| match found {
        Some(_) => String::new(),
        None => format!("Build lists with --source {name}=FILE, once you are licensed to have it."),
    };
    vec![
        row(
            "M2",
            "Attempts to reach known child sexual abuse material are noticed",
            listed(slots.0),
            words(slots.0, "IWF URL list"),
            todo(slots.0, "iwf"),
        ),
        row(
            "M3",
            "The police-assessed list of terrorist content is used",
            listed(slots.1),
            words(slots.1, "police-assessed list"),
            todo(slots.1, "ctiru"),
        ),
        row(
            "M4",
            "Monitoring of illegal content cannot be switched off",
            works,
            format!("No policy has a setting for it. {proof}"),
            mend,
        ),
        row(
            "M6–M14",
            "Bullying, exploitation, discrimination, drugs, extremism, pornography, self-harm, suicide, violence",
            works,
            format!(
                "Rules for each are built in and have no switch; critical findings always tell a person. {proof}"
            ),
            mend,
        ),
        row(
            "M16",
            "It differs by age and vulnerability",
            if facts.groups.is_empty() { Partly } else { Met },
            if facts.groups.is_empty() {
                "Rules know the year group; the school has set no groups of its own.".to_owned()
            } else {
                format!("Groups may have more told: {}.", facts.groups.join(", "))
            },
            if facts.groups.is_empty() { "Set groups under Policy, Groups." } else { "" },
        ),
        row(
            "M17",
            "Who manages alerts",
            if facts.leads > 0 { Met } else { NotMet },
            format!("The school itself: {} DSLs and deputies have an account.", facts.leads),
            if facts.leads > 0 { "" } else { "Give the DSL an account." },
        ),
        row(
            "M18",
            "Changes are logged, nobody decides alone",
            if facts.two_person { Met } else { Partly },
            "Every change and every reading of a record is in the audit trail, which cannot be altered unnoticed.",
            if facts.two_person { "" } else { "Switch on the second person, under Policy." },
        ),
        row(
            "M20",
            "What is kept, where and for how long",
            Partly,
            "On this server alone, sealed, until the school destroys the keys of a record.",
            "Write into the school’s policy when that is, and where the server stands.",
        ),
        row(
            "M21",
            "Which devices are covered",
            Yours,
            format!(
                "{in_use} managed browsers were in use this week. Other programs and unmanaged devices are not covered."
            ),
            "Compare with the school’s list of devices.",
        ),
        row(
            "M29",
            "Monitoring away from school is defined",
            if facts.calendar { Met } else { Partly },
            if facts.calendar {
                "School hours and calendar are set; outside them only what the policy says tells a person."
            } else {
                "No hours are set, so that the same holds at all times."
            },
            if facts.calendar {
                ""
            } else {
                "Set hours under Policy, Hours and calendar, or say that it is meant so."
            },
        ),
        row(
            "M31",
            "Harmful pictures are recognised",
            NotMet,
            "Lapwing does not look at pictures.",
            "Name it in the review of risks.",
        ),
        row("M32", "It is tested on all devices", works, proof, mend),
    ]
}
