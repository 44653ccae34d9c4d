//! The second layer: rules for the browser's own engine (declarativeNetRequest), which hold while the worker sleeps, wakes or
//! has failed. They are made from the tables and the policy that the first layer asks, so that nothing is listed twice.
//!
//! Here the rules are made; putting them in force is for `js/second_layer.js`.

use crate::analyser::Analyser;
use crate::policy::Standing;
use lapwing_core::{Engine, ListsError, RESTRICT_HEADER, RESTRICT_HOSTS, Stop, safe_rules};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Above every rule about sites: no allowed site is free of it.
const SAFE_SEARCH: usize = 1_000_000;

/// What scripts fetch, since results arrive that way too. Pages and frames are the listener's alone: of a request that a rule
/// has redirected, Chromium 156 heeds a listener's answer about every second time, and that answer stops searches.
const SEARCHES: [&str; 1] = ["xmlhttprequest"];

/// Every kind of request; a rule that names none leaves out the page itself.
const EVERYTHING: [&str; 14] = [
    "main_frame",
    "sub_frame",
    "stylesheet",
    "script",
    "image",
    "font",
    "object",
    "xmlhttprequest",
    "ping",
    "csp_report",
    "media",
    "websocket",
    "webtransport",
    "other",
];

/// Sites with paths for which there are rules: a browser takes a thousand of this kind. The first layer knows them all.
const MOST_PATHS: usize = 900;

/// What a page's scripts may not fetch from a way around the school's protection: names by DNS over HTTPS, and whatever a
/// proxy that runs inside a page asks of its server.
const FETCHES: [&str; 4] = ["xmlhttprequest", "websocket", "webtransport", "script"];

/// DNS over HTTPS is asked at this path, on whatever host (RFC 8484).
const DNS_OVER_HTTPS: &str = r"^https://[^/?#]+/dns-query([?].*)?$";

/// Rules by how long they last.
#[derive(Debug, Default, Serialize)]
pub struct Rules {
    /// Also after the browser has been closed.
    pub dynamic: Vec<Value>,
    /// Until the browser is closed: they name the block page, whose address is another one each time.
    pub session: Vec<Value>,
}

impl Analyser {
    /// The rules for the browser's own engine under the policy in force; none where nobody is watched. `block_page` is the
    /// address of the page that is shown instead.
    ///
    /// # Errors
    /// When the lists that are built in cannot be used.
    pub fn second_layer(&mut self, block_page: &str, now: i64) -> Result<Rules, ListsError> {
        if !matches!(self.standing, Standing::Watching(..)) {
            return Ok(Rules::default());
        }
        self.ensure_engine_at(now)?;
        Ok(self.engine.as_ref().map(|engine| rules(engine, block_page)).unwrap_or_default())
    }

    /// Whether something that a page fetches must not be fetched: unlawful content, and nothing else.
    ///
    /// # Errors
    /// When the lists that are built in cannot be used.
    pub fn is_unlawful(&mut self, url: &str, now: i64) -> Result<bool, ListsError> {
        if !matches!(self.standing, Standing::Starting | Standing::Watching(..)) {
            return Ok(false);
        }
        self.ensure_engine_at(now)?;
        Ok(self.engine.as_ref().is_some_and(|engine| engine.is_unlawful(url)))
    }
}

/// Every rule for this engine's policy, numbered from 1; the same policy makes the same rules. A stopped address leads to
/// `block_page`, with what was stopped as its fragment.
#[must_use]
pub fn rules(engine: &Engine, block_page: &str) -> Rules {
    let mut rules = Rules::default();
    safe_search(engine, &mut rules.dynamic);
    stops(&engine.stops(), block_page, &mut rules.session);
    for kind in [&mut rules.dynamic, &mut rules.session] {
        for (index, rule) in kind.iter_mut().enumerate() {
            rule["id"] = json!(index + 1);
        }
    }
    rules
}

fn stops(stops: &[Stop], block_page: &str, rules: &mut Vec<Value>) {
    // What <object> and <embed> show is a frame by another name.
    const PAGES: [&str; 3] = ["main_frame", "sub_frame", "object"];
    let stopped = |expression: &str| {
        let action =
            json!({ "type": "redirect", "redirect": { "regexSubstitution": format!("{block_page}#\\0") } });
        (action, json!({ "regexFilter": expression, "resourceTypes": PAGES }))
    };
    // Whole hosts that count alike are one rule, however many there are.
    let mut hosts: BTreeMap<(u32, bool), Vec<&str>> = BTreeMap::new();
    // Where something under a stopped host is open that no rule can say, the host is left to the first layer.
    let untold: Vec<&str> = stops
        .iter()
        .filter(|stop| !stop.stops && is_untold(&stop.entry.path))
        .map(|stop| stop.entry.host.as_str())
        .collect();
    let is_over = |host: &str, under: &str| {
        under.strip_suffix(host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    for stop in stops.iter().filter(|stop| stop.entry.path.is_empty()) {
        if stop.stops && untold.iter().any(|host| is_over(&stop.entry.host, host)) {
            continue;
        }
        hosts.entry((stop.rank, stop.stops)).or_default().push(&stop.entry.host);
    }
    for ((rank, stops), domains) in hosts {
        let (action, mut condition) = if stops {
            stopped("^https?://.*")
        } else {
            (json!({ "type": "allow" }), json!({ "resourceTypes": PAGES }))
        };
        condition["requestDomains"] = json!(domains);
        rules.push(json!({ "priority": rank, "action": action, "condition": condition }));
    }
    let paths = stops.iter().filter(|stop| is_plain(&stop.entry.path));
    for stop in paths.rev().take(MOST_PATHS) {
        let path = stop.entry.path.replace('.', r"\.");
        let expression = format!(r"^https?://[^/?#]+{path}([/?#].*)?$");
        let (action, mut condition) = if stop.stops {
            stopped(&expression)
        } else {
            (json!({ "type": "allow" }), json!({ "regexFilter": expression, "resourceTypes": PAGES }))
        };
        condition["requestDomains"] = json!([stop.entry.host]);
        condition["isUrlFilterCaseSensitive"] = json!(false);
        rules.push(json!({ "priority": stop.rank, "action": action, "condition": condition }));
    }
    let around: Vec<&str> = stops
        .iter()
        .filter(|stop| stop.way_around && stop.entry.path.is_empty())
        .map(|stop| stop.entry.host.as_str())
        .collect();
    if !around.is_empty() {
        for condition in [json!({ "requestDomains": around }), json!({ "regexFilter": DNS_OVER_HTTPS })] {
            let mut condition = condition;
            condition["resourceTypes"] = json!(FETCHES);
            rules.push(json!({ "priority": 1, "action": { "type": "block" }, "condition": condition }));
        }
    }
}

/// A path that no rule can say.
fn is_untold(path: &str) -> bool {
    !path.is_empty() && !is_plain(path)
}

/// Bytes of a path in an expression. A browser compiles each within two kilobytes, which some fifty letters that may be large or
/// small fill, and one that is too long makes it refuse all rules that come with it.
const LONGEST_PATH: usize = 40;

/// A path that is written in one way only, and into an expression as it is.
fn is_plain(path: &str) -> bool {
    (1..=LONGEST_PATH).contains(&path.len())
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b'~'))
}

fn safe_search(engine: &Engine, rules: &mut Vec<Value>) {
    let policy = engine.policy();
    if policy.safe_search {
        for (index, rule) in safe_rules().enumerate() {
            let names: Vec<&str> = rule.needs.iter().map(|(key, _)| *key).collect();
            let needs: Vec<Value> =
                rule.needs.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
            // Taken out and put in again: replacing alone would leave a second one of the same name as it is.
            let change = json!({ "removeParams": names, "addOrReplaceParams": needs });
            rules.push(json!({
                // Rows that come first in the table come first.
                "priority": SAFE_SEARCH - index,
                "action": {
                    "type": "redirect",
                    "redirect": { "transform": { "queryTransform": change } },
                },
                "condition": {
                    "regexFilter": rule.expression,
                    "isUrlFilterCaseSensitive": false,
                    "resourceTypes": SEARCHES,
                },
            }));
        }
    }
    if let Some(value) = policy.youtube.header() {
        rules.push(json!({
            "priority": SAFE_SEARCH,
            "action": {
                "type": "modifyHeaders",
                "requestHeaders": [{ "header": RESTRICT_HEADER, "operation": "set", "value": value }],
            },
            "condition": { "requestDomains": RESTRICT_HOSTS, "resourceTypes": EVERYTHING },
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::{Audience, Entry, Lists, Policy, YouTube};

    fn both(change: impl Fn(&mut Policy)) -> Rules {
        let mut policy = Policy::school_default(Audience::Year(9));
        change(&mut policy);
        let engine = Engine::new(Lists::starter().expect("our lists"), policy).expect("an engine");
        rules(&engine, "chrome-extension://a/pages/block.html")
    }

    fn made(change: impl Fn(&mut Policy)) -> Vec<Value> {
        both(change).dynamic
    }

    fn count(rules: &[Value], kind: &str) -> usize {
        rules.iter().filter(|rule| rule["action"]["type"] == kind).count()
    }

    #[test]
    fn safe_search_can_be_turned_off_and_youtube_by_itself() {
        let all = made(|_| {});
        assert_eq!(count(&all, "modifyHeaders"), 1);
        assert!(
            all.iter()
                .any(|rule| rule["condition"]["regexFilter"].as_str().is_some_and(|e| e.contains("google")))
        );
        let ids: std::collections::BTreeSet<u64> =
            all.iter().filter_map(|rule| rule["id"].as_u64()).collect();
        assert_eq!(ids.len(), all.len());
        assert_eq!(count(&made(|policy| policy.youtube = YouTube::Off), "modifyHeaders"), 0);
        let off = made(|policy| policy.safe_search = false);
        assert!(!off.iter().any(|rule| rule["action"]["redirect"]["transform"].is_object()));
    }

    #[test]
    fn stopped_sites_lead_to_the_block_page_and_secret_ones_are_in_no_rule() {
        let entry = |line: &str| Entry::parse(line).expect("an entry");
        let rules = both(|policy| {
            policy.blocked_sites = vec![entry("a.example"), entry("b.example/c.d"), entry("c.example")];
            policy.allowed_sites = vec![entry("fine.a.example"), entry("c.example/caf\u{e9}")];
        });
        let text = serde_json::to_string(&rules.session).expect("JSON");
        for there in [
            "bet365.com",
            "a.example",
            "fine.a.example",
            r"/c\\.d([/?#].*)?$",
            "chrome-extension://a/pages/block.html#\\\\0",
        ] {
            assert!(text.contains(there), "{there}");
        }
        // Part of it is open, at a path that may be written in many ways.
        assert!(!text.contains("\"c.example\""));
        assert!(!text.contains("illegal.lapwing.test"));
        // One rule for many hosts: a browser counts rules.
        assert!(rules.session.len() < 60, "{}", rules.session.len());
        let of = |host: &str| {
            let has = |rule: &&Value| {
                rule["condition"]["requestDomains"].as_array().is_some_and(|all| all.contains(&json!(host)))
            };
            rules.session.iter().find(has).expect("a rule")["priority"].as_u64()
        };
        assert!(of("fine.a.example") > of("a.example"));
    }

    #[test]
    fn a_long_path_is_left_to_the_first_layer() {
        let entry = |line: &str| Entry::parse(line).expect("an entry");
        let document = "/document/d/1a2b3c4d5e6f7g8h9i0j1a2b3c4d5e6f7g8h9i0j1a2b";
        let rules = both(|policy| {
            policy.blocked_sites =
                vec![entry(&format!("docs.example{document}")), entry("other.example/short")];
        });
        let text = serde_json::to_string(&rules.session).expect("JSON");
        assert!(text.contains("/short") && !text.contains("docs.example"));
        // What compiles is bounded: a browser refuses all rules for one that does not.
        let longest = rules.session.iter().filter_map(|rule| rule["condition"]["regexFilter"].as_str());
        assert!(longest.map(str::len).max() < Some(LONGEST_PATH + 60));
    }

    #[test]
    fn nothing_is_fetched_from_a_way_around_unless_the_school_allows_it() {
        let fetches = |rules: &Rules| {
            let block = rules.session.iter().find(|rule| rule["action"]["type"] == "block").expect("a rule");
            block["condition"]["requestDomains"].as_array().expect("hosts").contains(&json!("nordvpn.com"))
        };
        assert!(fetches(&both(|_| {})));
        let allowed =
            both(|policy| policy.allowed_sites = vec![Entry::parse("nordvpn.com").expect("an entry")]);
        assert!(!fetches(&allowed));
    }

    #[test]
    fn no_more_rules_are_made_than_a_browser_takes() {
        let rules = both(|policy| {
            policy.blocked_sites =
                (0..3_000).map(|n| Entry::parse(&format!("s{n}.example/p")).expect("an entry")).collect();
        });
        let of_kind = |rules: &[Value]| {
            rules.iter().filter(|rule| rule["condition"]["regexFilter"].is_string()).count()
        };
        assert!(of_kind(&rules.session) + of_kind(&rules.dynamic) <= 1_000);
    }
}
