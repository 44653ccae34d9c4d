//! The rows about monitoring, as far as what is set here answers them.

use super::Status::{Met, NotMet, Partly, Yours};
use super::basis::{self, Shown, joined};
use super::{Facts, Row, row};

/// Each row, in order.
pub(super) fn rows(facts: &Facts) -> Vec<Row> {
    let in_use = facts.in_use;
    let (iwf, ctiru) = (basis::licensed(facts, basis::IWF), basis::licensed(facts, basis::CTIRU));
    let told = |words: &str| format!("{words} A visit to one is a critical alert without the address.");
    let Shown { status: works, words: proof, todo: mend } = basis::proved(facts);
    let few_leads = match facts.leads {
        0 => "Give the DSL an account.",
        1 => "Give a deputy an account: nobody reads alerts while the one is away.",
        _ => "",
    };
    vec![
        row(
            "M2",
            "Attempts to reach known child sexual abuse material are noticed",
            iwf.status,
            told(&iwf.words),
            iwf.todo,
        ),
        row(
            "M3",
            "The police-assessed list of terrorist content is used",
            ctiru.status,
            told(&ctiru.words),
            ctiru.todo,
        ),
        row(
            "M4",
            "Monitoring of illegal content cannot be switched off",
            works,
            format!("No policy has a setting for it. {proof} The test asks none of the licensed lists."),
            mend.clone(),
        ),
        row(
            "M6–M14",
            "Bullying, exploitation, discrimination, drugs, extremism, pornography, self-harm, suicide, violence",
            works.least(Partly),
            format!(
                "Rules for each are built in and have no switch; critical findings always tell a person. Read are addresses, searches and what is typed, in English and the gravest in Welsh; not pictures, speech or the text of pages. {proof} The test types one made-up sentence: how much of each theme is found is in the documentation."
            ),
            joined(&["Name what is not read in the review of risks.", &mend]),
        ),
        differing(facts),
        row(
            "M17",
            "Who manages alerts",
            match facts.leads {
                0 => NotMet,
                1 => Partly,
                _ => Met,
            },
            format!("The school itself: {} DSLs and deputies have an account.", facts.leads),
            few_leads,
        ),
        row(
            "M18",
            "Changes are logged, a second person approves them",
            if facts.two_person { Met } else { Partly },
            "Every change and every reading of a record is in the audit trail; what was altered in it is found by the command verify. What IT sets in device management is not in it.",
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
        row(
            "M32",
            "It is tested on all devices",
            works,
            format!("{proof} Devices that never were enrolled are not known here; see M21."),
            mend,
        ),
    ]
}

fn differing(facts: &Facts) -> Row {
    let by_group = !facts.watched.is_empty();
    let all_told = facts.grouped == facts.in_use;
    let (status, install) = basis::used(facts, if by_group && all_told { Met } else { Partly });
    let groups = if by_group {
        format!("More is told of these groups: {}.", facts.watched.join(", "))
    } else {
        "Of no group of the school’s more is told than of others.".to_owned()
    };
    row(
        "M16",
        "It differs by age and vulnerability",
        status,
        format!(
            "Rules know the year group. {groups} Of {} of {} devices in use this week device management said the year, staff \
             or a group.",
            facts.grouped, facts.in_use
        ),
        joined(&[
            if by_group { "" } else { "Set under Policy, Groups, of whom more is to be told." },
            if all_told { "" } else { "Set year_group or group in device management for the others." },
            install,
        ]),
    )
}
