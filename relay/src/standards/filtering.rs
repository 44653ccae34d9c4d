//! The rows about filtering.

use super::Status::{Met, NotMet, Partly, Yours};
use super::{Facts, Row, Status, row};
use lapwing_core::Category;
use lapwing_core::Category as C;

/// Lists older than this are said to be old, days.
const OLD: i64 = 7;

/// Each row, in order.
pub(super) fn rows(facts: &Facts) -> Vec<Row> {
    let mut rows = unlawful(facts);
    rows.extend(kinds(facts));
    rows.extend(practice(facts));
    rows
}

fn unlawful(facts: &Facts) -> Vec<Row> {
    let lists = facts.lists.as_ref();
    let slot = |found: Option<u64>, what: &str, name: &str| match found {
        Some(count) => {
            let days = lists.map_or(0, |lists| lists.days);
            let answer = format!(
                "{count} entries are in force, as hashes; published {days} days ago. Nobody at school can switch them off."
            );
            if days > OLD {
                (Partly, answer, format!("Build and publish lists with today’s {what}."))
            } else {
                (Met, answer, String::new())
            }
        }
        None => (
            NotMet,
            format!("The {what} is not in force. Lapwing has a place for it and does not bring it."),
            format!("Become a member, or ask who supplies you, and build lists with --source {name}=FILE."),
        ),
    };
    let (iwf, iwf_answer, iwf_todo) = slot(lists.and_then(|lists| lists.iwf), "IWF URL list", "iwf");
    let (ctiru, ctiru_answer, ctiru_todo) =
        slot(lists.and_then(|lists| lists.ctiru), "police-assessed list", "ctiru");
    vec![
        row(
            "F1",
            "The provider is a member of the Internet Watch Foundation",
            Yours,
            "Lapwing is free software and no member. Whoever runs this server can be one.",
            "Say whether the operator of this server is a member.",
        ),
        row(
            "F2",
            "Known child sexual abuse material is blocked by the IWF URL list",
            iwf,
            iwf_answer,
            iwf_todo,
        ),
        row(
            "F3",
            "The police-assessed list of unlawful terrorist content is integrated",
            ctiru,
            ctiru_answer,
            ctiru_todo,
        ),
        tested(
            facts,
            "F4",
            "Filters for illegal content cannot be switched off by anybody",
            "No policy, exception or role has a setting for unlawful content.",
        ),
    ]
}

/// What holds by the way Lapwing is made, shown by devices' own tests.
fn tested(facts: &Facts, code: &'static str, asks: &'static str, by_design: &str) -> Row {
    let Facts { in_use, proved, failing, .. } = facts;
    let proof =
        facts.last_proof.as_deref().map_or_else(String::new, |at| format!(" The last proof came on {at}."));
    let answer = format!(
        "{by_design} {proved} of {in_use} devices in use this week proved it by the daily test, {failing} fail it.{proof}"
    );
    match (in_use, proved) {
        (0, _) => row(
            code,
            asks,
            NotMet,
            answer,
            "No device was in use this week, so nothing is proved. Install the extension.",
        ),
        (all, proved) if all == proved => row(code, asks, Met, answer, ""),
        _ => row(
            code,
            asks,
            Partly,
            answer,
            "Look at the devices that fail or have sent no proof, on the page Devices.",
        ),
    }
}

/// A kind of content: who is kept from it, and by how large a list.
fn kind(facts: &Facts, code: &'static str, asks: &'static str, categories: &[Category]) -> Row {
    let listed: u64 = facts
        .lists
        .iter()
        .flat_map(|lists| categories.iter().filter_map(|category| lists.categories.get(category)))
        .sum();
    let mut open: Vec<String> = Vec::new();
    for category in categories {
        for who in facts.opens.get(category).into_iter().flatten() {
            let line = format!("{} ({who})", category.label());
            if !open.contains(&line) {
                open.push(line);
            }
        }
    }
    let lists = if listed > 0 {
        format!("{listed} sites of published lists, and the starter set that is built in.")
    } else {
        "Only the starter set of well-known sites that is built in.".to_owned()
    };
    let all_open = categories.iter().all(|category| facts.opens.contains_key(category));
    let (status, who) = if open.is_empty() {
        (if listed > 0 { Met } else { Partly }, "Not opened for any pupil.".to_owned())
    } else {
        (if all_open && listed == 0 { NotMet } else { Partly }, format!("Opens: {}.", open.join(", ")))
    };
    let mut todo = Vec::new();
    if listed == 0 {
        todo.push("Build and publish a list of such sites.");
    }
    if !open.is_empty() {
        todo.push("Write down why it opens for them, or block it under Policy, Kinds of sites.");
    }
    row(code, asks, status, format!("{who} {lists}"), todo.join(" "))
}

fn kinds(facts: &Facts) -> Vec<Row> {
    vec![
        kind(
            facts,
            "F5",
            "Other illegal content: extreme violence, fraud, selling of drugs and weapons, exploitation, promotion of suicide, intimate image abuse",
            &[C::CriminalExploitation, C::ViolenceWeapons, C::Suicide, C::Nudes, C::Grooming],
        ),
        kind(facts, "F6", "Gambling", &[C::Gambling]),
        kind(facts, "F7", "Hate speech and discrimination", &[C::Hate]),
        kind(facts, "F8", "Harmful content: drugs and substance abuse", &[C::DrugsAlcohol]),
        kind(
            facts,
            "F9",
            "Malware and hacking, with anonymous browsing and ways around the filter",
            &[C::Malware, C::Bypass, C::ProxyVpn],
        ),
        row(
            "F10",
            "Misinformation and disinformation",
            NotMet,
            "Lapwing has no such category.",
            "Say how the school teaches about it, or publish a list of your own under another kind of site.",
        ),
        kind(facts, "F11", "Piracy and copyright theft", &[C::Piracy]),
        kind(facts, "F12", "Pornography", &[C::SexualContent]),
        kind(facts, "F13", "Self-harm and eating disorders", &[C::SelfHarm, C::EatingDisorder]),
        kind(facts, "F14", "Violence, also against women and girls", &[C::ViolenceWeapons]),
    ]
}

fn practice(facts: &Facts) -> Vec<Row> {
    let (open, endless) = facts.exceptions;
    let exceptions = format!("{open} exceptions open a site, {endless} of them without an end.");
    let differ = if facts.groups.is_empty() {
        "Defaults differ between pupils to Year 8, older pupils and staff; the school has set no groups of its own.".to_owned()
    } else {
        format!(
            "Groups of the school’s own: {}. Hours and calendar are {}.",
            facts.groups.join(", "),
            if facts.calendar { "set" } else { "not set" }
        )
    };
    vec![
        row(
            "F15",
            "How long logs are kept, and who is named in them",
            Partly,
            "Nothing is logged of sites that open. Alerts name the account and the device and stay until the school destroys their keys; results of the daily test stay 400 days.",
            "Write into the school’s own policy when records are destroyed: Lapwing does not end them by itself.",
        ),
        row(
            "F16",
            "Blocking too much is avoided",
            if endless > 0 { Partly } else { Met },
            format!(
                "Pupils ask for a blocked site on the block page; staff try any address and see why. {exceptions}"
            ),
            if endless > 0 { "Give each exception an end, under Policy, Exceptions." } else { "" },
        ),
        row(
            "F17",
            "Filtering differs by age, vulnerability and role",
            if facts.groups.is_empty() { Partly } else { Met },
            differ,
            if facts.groups.is_empty() {
                "Set groups under Policy, Groups, such as one for pupils at risk."
            } else {
                ""
            },
        ),
        kind(facts, "F18", "Ways around it: VPN, proxies, encrypted DNS", &[C::ProxyVpn, C::Bypass]),
        row(
            "F19",
            "The school controls it, changes are logged, nobody decides alone",
            if facts.two_person { Met } else { Partly },
            format!(
                "Version {} of the policy is in force; every version is kept with who, when and why. A second person {} approve changes.",
                facts.policy,
                if facts.two_person { "must" } else { "need not" }
            ),
            if facts.two_person { "" } else { "Switch on the second person, under Policy." },
        ),
        row(
            "F20",
            "Content is judged in real time",
            Partly,
            "Addresses, searches and what pupils type, also to an AI, are judged as they happen. The text of pages that pupils read is not.",
            "Name it in the school’s review of risks.",
        ),
        tested(
            facts,
            "F21",
            "Deployment, on the device or the network, is stated",
            "Each managed browser filters by itself, on any network; programs outside the browser are not covered.",
        ),
        row(
            "F22",
            "The policy of filtering and its categories are published",
            Yours,
            "Categories and defaults are in the documentation, the school’s own choices under Policy.",
            "Publish the school’s policy, with this page.",
        ),
        row(
            "F23",
            "Several sites can be managed together",
            if facts.trust { Met } else { Yours },
            if facts.trust {
                "The school belongs to a trust on this server; lists are shared, policies are each school’s own."
            } else {
                "The school stands alone on this server."
            },
            "",
        ),
        row(
            "F24",
            "Users and devices are identified",
            if facts.in_use > 0 { Met } else { NotMet },
            format!(
                "An alert names the account of the browser and the device; {} devices were in use this week. The account is what the browser says.",
                facts.in_use
            ),
            if facts.in_use > 0 { "" } else { "Install the extension." },
        ),
        row(
            "F25",
            "Mobile devices and apps",
            Yours,
            "Chrome and Edge on managed computers and Chromebooks. Apps, and browsers on phones and tablets, are not covered.",
            "Say how the school filters those.",
        ),
        row(
            "F26",
            "Several languages",
            Partly,
            "Lists of sites know no language. Text is found in English, the gravest of it in Welsh.",
            "Name the languages of your pupils in the review of risks.",
        ),
        tested(
            facts,
            "F27",
            "Devices away from school are filtered the same",
            "The decision is made on the device, wherever it is, also offline.",
        ),
        row(
            "F28",
            "Content can be reported for opening or blocking",
            Met,
            "Pupils ask from the block page, and the answer holds within a minute; staff block or open a site under Policy.",
            "",
        ),
        row(
            "F29",
            "Reports of access and of attempts",
            Partly,
            "Attempts that are grave are alerts, with site, time, account and device. There is no history of ordinary browsing, on purpose.",
            "Say in the review why the school keeps none.",
        ),
        safe_search(facts),
        row(
            "F31",
            "It fits the management of safeguarding cases",
            Met,
            "An alert becomes a concern on this server, with its evidence, and keeps its record.",
            "",
        ),
        row(
            "F32",
            "How the provider supports the duties of KCSIE",
            Yours,
            "See the rows above, and the page Evidence.",
            "Describe who at school reads alerts, and how soon.",
        ),
    ]
}

fn safe_search(facts: &Facts) -> Row {
    let (on, all) = (facts.safe_search, facts.in_use);
    let answer = format!(
        "{on} of {all} devices in use this week said, by the daily test, that searches go to their engine’s safe mode."
    );
    let status: Status = if all > 0 && on == all {
        Met
    } else if on > 0 {
        Partly
    } else {
        NotMet
    };
    let todo = if status == Met {
        ""
    } else {
        "Take safe_search: off out of device management, where it is set, and see that devices send proof."
    };
    row("F30", "Safe search is enforced", status, answer, todo)
}
