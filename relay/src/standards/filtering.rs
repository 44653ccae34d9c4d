//! The rows about filtering.

use super::Status::{Met, NotMet, Partly, Yours};
use super::basis::{self, FEW, Shown};
use super::practice::{away, cases, differing, identified, overblocking, reporting, safe_search};
use super::{Facts, Row, row};
use lapwing_core::Category;
use lapwing_core::Category as C;

/// Sites change every day. Lists whose newest state was published more days ago than this are said to be old.
const OLD: i64 = 31;

/// Of these kinds there are millions of sites, and new ones each day: fewer than this are a sample.
const MASS: (&[Category], u64) = (&[C::SexualContent, C::Malware], 10_000);

/// Each row, in order.
pub(super) fn rows(facts: &Facts) -> Vec<Row> {
    let mut rows = unlawful(facts);
    rows.extend(kinds(facts));
    rows.extend(practice(facts));
    rows
}

fn unlawful(facts: &Facts) -> Vec<Row> {
    let (iwf, ctiru) = (basis::licensed(facts, basis::IWF), basis::licensed(facts, basis::CTIRU));
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
            iwf.status,
            iwf.words,
            iwf.todo,
        ),
        row(
            "F3",
            "The police-assessed list of unlawful terrorist content is integrated",
            ctiru.status,
            ctiru.words,
            ctiru.todo,
        ),
        tested(
            facts,
            "F4",
            "Filters for illegal content cannot be switched off by anybody",
            "No policy, exception or role has a setting for unlawful content. The test asks a made-up address of the built-in lists, not the licensed lists.",
        ),
    ]
}

/// What holds by the way Lapwing is made, shown by devices' own tests.
fn tested(facts: &Facts, code: &'static str, asks: &'static str, by_design: &str) -> Row {
    let Shown { status, words, todo } = basis::proved(facts);
    let proof =
        facts.last_proof.as_deref().map_or_else(String::new, |at| format!(" The last proof came on {at}."));
    row(code, asks, status, format!("{by_design} {words}{proof}"), todo)
}

/// How many sites a list of a kind has at least.
fn enough(category: Category) -> u64 {
    if MASS.0.contains(&category) { MASS.1 } else { FEW }
}

/// A kind of content: who is kept from it, by how large a list, and whether devices proved that they do.
fn kind(facts: &Facts, code: &'static str, asks: &'static str, categories: &[Category]) -> Row {
    let sites = |category: &Category| -> u64 {
        facts.lists.iter().filter_map(|lists| lists.categories.get(category)).sum()
    };
    let mut open: Vec<String> = Vec::new();
    for category in categories {
        for who in facts.opens.get(category).into_iter().flatten() {
            let line = format!("{} ({who})", category.label());
            if !open.contains(&line) {
                open.push(line);
            }
        }
    }
    let none = categories.iter().all(|category| sites(category) == 0);
    let lists = if none {
        "Only the starter set of well-known sites that is built in.".to_owned()
    } else {
        let counts: Vec<_> =
            categories.iter().map(|category| format!("{} {}", category.label(), sites(category))).collect();
        format!("Sites of published lists: {}; and the starter set that is built in.", counts.join(", "))
    };
    let mut todo = Vec::new();
    let lacking: Vec<_> = categories
        .iter()
        .filter(|category| sites(category) < enough(**category))
        .map(|category| format!("{} (at least {} sites)", category.label(), enough(*category)))
        .collect();
    if !lacking.is_empty() {
        todo.push(format!("Build and publish a list of such sites: {}.", lacking.join(", ")));
    }
    if !none && facts.lists.as_ref().is_some_and(|lists| lists.days > OLD) {
        todo.push(format!("The lists are older than {OLD} days: build and publish them anew."));
    }
    if !open.is_empty() {
        todo.push("Write down why it opens for them, or block it under Policy, Kinds of sites.".to_owned());
    }
    let all_open = categories.iter().all(|category| facts.opens.contains_key(category));
    let own = match todo.is_empty() {
        true => Met,
        false if all_open && none => NotMet,
        false => Partly,
    };
    let who = if open.is_empty() {
        "As a kind of site it opens for no group of pupils.".to_owned()
    } else {
        format!("Opens: {}.", open.join(", "))
    };
    let devices = basis::proved_lists(facts);
    todo.extend((!devices.todo.is_empty()).then_some(devices.todo));
    let answer = format!("{who} {lists} {}", devices.words);
    row(code, asks, own.least(devices.status), answer, todo.join(" "))
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
    let mut rows = vec![
        row(
            "F15",
            "How long logs are kept, and who is named in them",
            Partly,
            "Nothing is logged of sites that open. Alerts name the account and the device and stay until the school destroys their keys; results of the daily test stay 400 days.",
            "Write into the school’s own policy when records are destroyed: Lapwing does not end them by itself.",
        ),
        overblocking(facts),
        differing(facts),
    ];
    rows.extend([
        kind(facts, "F18", "Ways around it: VPN, proxies, encrypted DNS", &[C::ProxyVpn, C::Bypass]),
        row(
            "F19",
            "The school controls it, changes are logged, a second person approves them",
            if facts.two_person { Met } else { Partly },
            format!(
                "Version {} of the policy is in force; every version is kept with who, when and why. A second person {} approve changes. One person alone opens a site for one pupil who asks, and IT alone sets what is in device management, which is not logged here.",
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
            if facts.trust { Partly } else { Yours },
            if facts.trust {
                "The school belongs to a trust on this server; lists are shared, policies are each school’s own and set school by school."
            } else {
                "The school belongs to no trust on this server."
            },
            if facts.trust {
                "Say how the trust keeps its schools’ policies alike."
            } else {
                "Say whether the school is one of several that are to be managed together."
            },
        ),
        identified(facts),
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
        away(facts),
        reporting(facts),
        row(
            "F29",
            "Reports of access and of attempts",
            Partly,
            "Attempts that are grave are alerts, with site, time, account and device. There is no history of ordinary browsing, on purpose.",
            "Say in the review why the school keeps none.",
        ),
        safe_search(facts),
        cases(facts),
        row(
            "F32",
            "How the provider supports the duties of KCSIE",
            Yours,
            "See the rows above, and the page Evidence.",
            "Describe who at school reads alerts, and how soon.",
        ),
    ]);
    rows
}
