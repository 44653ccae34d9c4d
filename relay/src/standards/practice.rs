//! Rows about filtering whose answer hangs on several things at once: what the school has set, whether a device is in use, and
//! whether somebody is there to answer.

use super::Status::{Met, NotMet, Partly};
use super::basis::{self, joined};
use super::{Facts, Row, Status, row};

pub(super) fn overblocking(facts: &Facts) -> Row {
    let (open, endless) = facts.exceptions;
    let (status, install) = basis::used(facts, if endless > 0 { Partly } else { Met });
    let end = if endless > 0 { "Give each exception an end, under Policy, Exceptions." } else { "" };
    row(
        "F16",
        "Blocking too much is avoided",
        status,
        format!(
            "Pupils ask for a blocked site on the block page; staff try any address and see why. {open} exceptions open a \
             site, {endless} of them without an end."
        ),
        joined(&[end, install]),
    )
}

pub(super) fn differing(facts: &Facts) -> Row {
    let by_group = !facts.filtered.is_empty();
    let all_told = facts.grouped == facts.in_use;
    let (status, install) = basis::used(facts, if by_group && all_told { Met } else { Partly });
    let groups = if by_group {
        format!("Groups of the school’s own with choices of their own: {}.", facts.filtered.join(", "))
    } else {
        "No group of the school’s has choices of its own.".to_owned()
    };
    row(
        "F17",
        "Filtering differs by age, vulnerability and role",
        status,
        format!(
            "Defaults differ between pupils to Year 8, older pupils and staff. {groups} Hours and calendar are {}. Of {} of \
             {} devices in use this week device management said the year, staff or a group.",
            if facts.calendar { "set" } else { "not set" },
            facts.grouped,
            facts.in_use
        ),
        joined(&[
            if by_group { "" } else { "Set groups under Policy, Groups, such as one for pupils at risk." },
            if all_told { "" } else { "Set year_group or group in device management for the others." },
            install,
        ]),
    )
}

pub(super) fn identified(facts: &Facts) -> Row {
    let (status, install) = basis::used(facts, Partly);
    row(
        "F24",
        "Users and devices are identified",
        status,
        format!(
            "An alert names the device, and the account that the browser is signed in to, where it is; {} devices were in \
             use this week. Whether pupils sign in with accounts of their own is not known here.",
            facts.in_use
        ),
        joined(&["See in device management that pupils sign in to the browser.", install]),
    )
}

pub(super) fn away(facts: &Facts) -> Row {
    let basis::Shown { status, words, todo } = basis::proved(facts);
    let later = &facts.opens_later;
    let (own, set, why) = if later.is_empty() {
        (Met, "No kind of site opens for pupils outside school hours that does not in them.".to_owned(), "")
    } else {
        (
            Partly,
            format!("Outside school hours more opens, as the school has set it: {}.", later.join(", ")),
            "Write down why, or change it under Policy, Kinds of sites.",
        )
    };
    row(
        "F27",
        "Devices away from school are filtered the same",
        own.least(status),
        format!("The decision is made on the device, wherever it is, also offline. {set} {words}"),
        joined(&[why, &todo]),
    )
}

pub(super) fn reporting(facts: &Facts) -> Row {
    let (status, install) = basis::used(facts, answered(facts));
    row(
        "F28",
        "Content can be reported for opening or blocking",
        status,
        "Pupils ask from the block page, and the open page hears the answer; staff block or open a site under Policy. How soon \
         requests are answered is the school’s.",
        joined(&[lead(facts), install]),
    )
}

pub(super) fn cases(facts: &Facts) -> Row {
    row(
        "F31",
        "It fits the management of safeguarding cases",
        answered(facts),
        "An alert becomes a concern on this server, with its evidence, and keeps its record.",
        lead(facts),
    )
}

pub(super) fn safe_search(facts: &Facts) -> Row {
    let (on, all) = (facts.safe_search, facts.in_use);
    let status = match (on, all) {
        (_, 0) | (0, _) => NotMet,
        (on, all) if on == all => Met,
        _ => Partly,
    };
    row(
        "F30",
        "Safe search is enforced",
        status,
        format!(
            "{on} of {all} devices in use this week said, by the daily test, that searches go to their engine’s safe mode. \
             The test asks about one engine; docs/sites.md lists those that have such a mode."
        ),
        if status == Met {
            ""
        } else {
            "Take safe_search: off out of device management, where it is set, and see that devices send proof."
        },
    )
}

/// What needs a person at school to be so.
const fn answered(facts: &Facts) -> Status {
    if facts.leads > 0 { Met } else { NotMet }
}

const fn lead(facts: &Facts) -> &'static str {
    if facts.leads > 0 { "" } else { "Give the DSL an account: nobody answers." }
}
