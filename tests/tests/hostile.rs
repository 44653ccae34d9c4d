//! More than five hundred hostile strings in every field that a device, a pupil or a member of staff can fill, shown on
//! every page that shows them, in a real Chromium: nothing runs, nothing is loaded, nothing becomes a link, the content
//! security policy has nothing to stop, and each string stands on the page as it was written.

use std::collections::{BTreeMap, HashSet, VecDeque};

use anyhow::{Context, Result};
use lapwing_core::wire::{
    About, Alert, Canary, CanaryLayer, CanaryResult, CheckIn, DeviceState, Excerpt, Identity, ListsState,
    Reason, Report, ThreadReply, path,
};
use lapwing_tests::device::{Device, alert};
use lapwing_tests::hostile::{Hostile, Judge, MARK, Packs, packs, strings};
use lapwing_tests::school::sign_out;
use lapwing_tests::stage::Ground;
use lapwing_tests::tls::Certificate;
use lapwing_tests::{Browser, Clerk, Pupil, Relay, School, Stage, page, wait};
use serde_json::json;

/// Pages of one kind whose address has a query: more of them show nothing new.
const ENOUGH: usize = 12;

fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Sixteen digits of their own for each report.
fn receipt(number: usize) -> String {
    format!("{:016}", 7_000_000_000_000_000 + number)
}

/// How often each string must stand on the pages of a kind: once for each field that holds it there.
const SHOWN: [(&str, usize); 9] = [
    ("/episodes/{}", 7),
    ("/reports/{}", 5),
    ("/concerns/{}", 9),
    ("/people", 2),
    ("/people/{}", 2),
    ("/devices", 5),
    ("/devices/{}/revoke", 1),
    ("popup: adults", 2),
    ("popup: replies", 1),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_string_runs_loads_or_leads_anywhere_on_any_page() {
    let strings = strings();
    let packs = Packs(packs(&strings, 300));
    let everything = strings.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join("\n");
    let mut stage = Stage::open().await.unwrap();
    let Stage { pupil, school, ground, .. } = &mut stage;
    let Ground { relay, office, certificate, site, .. } = ground;
    let mut judge = Judge::new(&strings);
    judge.watch(office).await.unwrap();

    from_devices(&relay.url, school, certificate, &packs).await.unwrap();
    school.dsl.sign_in(office, relay).await.unwrap();
    let clerk = Clerk::of(office, &relay.url, certificate).await.unwrap();
    let link = from_staff(&clerk, &packs).await.unwrap();

    crawl(&mut judge, office, relay, &["/inbox", "/inbox/done", "/reports", "/concerns", "/people"])
        .await
        .unwrap();
    for form in ["/people", "/concerns/new"] {
        refused(&mut judge, office, &format!("{}{form}", relay.url), form, &everything).await.unwrap();
    }
    sign_out(office).await.unwrap();
    refused(&mut judge, office, &format!("{}/sign-in", relay.url), "/sign-in", &everything).await.unwrap();
    school.it.sign_in(office, relay).await.unwrap();
    crawl(&mut judge, office, relay, &["/devices", "/people", "/install"]).await.unwrap();
    sign_out(office).await.unwrap();
    joins(&mut judge, office, relay, &link).await.unwrap();
    crawl(&mut judge, office, relay, &["/concerns", "/reports", "/concerns/new"]).await.unwrap();
    at_the_pupils(&mut judge, pupil).await.unwrap();
    let second = another_school(&mut judge, office, certificate, &packs, &everything).await.unwrap();

    for (kind, times) in SHOWN {
        let missing = judge.missing(kind, times, Hostile::is_plain);
        assert!(
            missing.is_empty(),
            "{kind} does not show {} strings as they are: {missing:#?}",
            missing.len()
        );
    }
    for request in site.requests() {
        assert!(!request.contains(MARK), "something was loaded: {request}");
    }
    for relay in [&*relay, &second] {
        assert!(!relay.said(POLICY), "the content security policy had something to stop");
        assert!(!relay.said(MARK), "a line of the log holds words of a person");
    }
    eprintln!("{} strings in {} packs; {} pages judged", strings.len(), packs.0.len(), judge.pages());
    for (kind, count) in judge.shown() {
        eprintln!("{count:>5} strings shown as they are on {kind}");
    }
    what_runs_is_noticed(&mut judge, office, relay).await.unwrap();
}

/// What the relay writes into its log when a browser reports a breach of the policy.
const POLICY: &str = "a page broke the content security policy";

/// All of the above would pass if nobody noticed: here something is let run, and both the judge and the relay hear of it.
async fn what_runs_is_noticed(judge: &mut Judge<'_>, browser: &Browser, relay: &Relay) -> Result<()> {
    let url = format!("{}/sign-in", relay.url);
    judge.open(browser, &url, "/sign-in").await?;
    let run = "try { document.body.innerHTML = '<img src=x onerror=zq(1)>'; } catch { return 'stopped'; }";
    let stopped = browser.driver.execute(run, vec![]).await?;
    assert_eq!(stopped.json(), "stopped");
    let error = judge.look(browser, &url, "/sign-in").await.err().context("nothing was noticed")?.to_string();
    assert!(error.contains("policy require-trusted-types-for"), "{error}");
    wait::until("the browser's report", || async { Ok(relay.said(POLICY).then_some(())) }).await?;
    browser.goto(&url).await?;
    let link = "const link = document.createElement('a'); link.href = 'https://zq.example/'; document.body.append(link);";
    browser.driver.execute(link, vec![]).await?;
    let error = judge.look(browser, &url, "/sign-in").await.err().context("nothing was noticed")?.to_string();
    assert!(error.contains("a href=https://zq.example/"), "{error}");
    Ok(())
}

/// What devices and pupils can fill: labels, versions, browsers; every text of an alert; every text of a report and of a
/// message to it.
async fn from_devices(relay: &str, school: &School, certificate: &Certificate, packs: &Packs) -> Result<()> {
    for place in 0..packs.0.len() {
        let pack = |next| packs.at(place + next).to_owned();
        let device = Device::enrol_as(relay, school, certificate, &pack(0)).await?;
        let sign_of_life = CheckIn {
            extension_version: pack(1),
            browser: pack(2),
            lists_version: pack(3),
            policy_version: pack(4),
            state: DeviceState::Watching,
            waiting: 0,
            refused: 0,
            session_point: None,
            lists: Some(ListsState { version: u64::MAX, problem: pack(5) }),
            canary: Some(Canary {
                ran_at: i64::MIN,
                group: pack(6),
                safe_search: false,
                results: vec![CanaryResult { layer: CanaryLayer::Text, held: false, why: pack(7) }],
            }),
            shadow: None,
        };
        sends(&device, path::CHECK_IN, &sign_of_life).await?;
        let text = pack(1);
        let half = u32::try_from(text.chars().count() / 2)?;
        let reason =
            Reason { rule: pack(2), why: pack(3), context: vec![pack(4)], ..alert().reasons.remove(0) };
        let seen = Alert {
            url: pack(0),
            excerpt: Some(Excerpt { text, marks: vec![(0, half), (half, half + 1)] }),
            reasons: vec![reason],
            account: Some(pack(5)),
            policy_version: pack(6),
            lists_version: pack(7),
            ..alert()
        };
        device.deliver(vec![seen]).await?;
        let report = Report {
            id: uuid(),
            written_at: 1_795_511_640_000,
            adult: None,
            identity: Identity::Named { name: pack(0) },
            about: About::Me,
            story: pack(1),
            wish: pack(2),
            receipt: receipt(place),
        };
        sends(&device, path::REPORTS, &report).await?;
        let message = ThreadReply { receipt: receipt(place), id: uuid(), text: pack(3) };
        sends(&device, path::THREAD_REPLY, &message).await?;
    }
    Ok(())
}

async fn sends(device: &Device, path: &str, body: &impl serde::Serialize) -> Result<()> {
    let answer = device.send(path, serde_json::to_vec(body)?).await?;
    let status = answer.status();
    assert!(status.is_success(), "{path}: {status} {}", answer.text().await.unwrap_or_default());
    Ok(())
}

/// What staff can fill: names and jobs of people, answers to pupils, every field of a concern, notes, feedback, reasons.
/// Gives the link of one person whose own name is hostile.
async fn from_staff(clerk: &Clerk, packs: &Packs) -> Result<String> {
    let inbox = clerk.reads("/inbox").await?;
    let (reports, episodes) = (ids(&inbox, "/reports/"), ids(&inbox, "/episodes/"));
    assert_eq!(reports.len(), packs.0.len(), "a report for each pack");
    let mut link = String::new();
    for (place, report) in reports.iter().enumerate() {
        let pack = |next| packs.at(place + next);
        let email = format!("h{place}@demo.example");
        let person =
            [("name", pack(0)), ("email", &email), ("role", "staff"), ("job", pack(1)), ("trusted", "yes")];
        let page = clerk.posts("/people", &person).await?;
        link = page.split_whitespace().find_map(join_link).unwrap_or(link);

        let answer = [("id", &*uuid()), ("text", pack(2))];
        clerk.posts(&format!("/reports/{report}/reply"), &answer).await?;
        let id = uuid();
        let concern = [
            ("id", id.as_str()),
            ("report", if place % 2 == 0 { report } else { "" }),
            ("shown", "1"),
            ("person_name", pack(0)),
            ("person_year", "Year 9"),
            ("person_role", "subject"),
            ("occurred_precision", "unknown"),
            ("place", pack(1)),
            ("seen_heard", pack(2)),
            ("childs_words", pack(3)),
            ("view", pack(4)),
            ("done_so_far", pack(5)),
        ];
        clerk.posts("/concerns/new", &concern).await?;
        for (path, field, words) in [("note", "note", pack(6)), ("feedback", "feedback", pack(7))] {
            let fields = [("id", &*uuid()), (field, words)];
            clerk.posts(&format!("/concerns/{id}/{path}"), &fields).await?;
        }
        let closing = [("id", &*uuid()), ("from", "new"), ("to", "closed"), ("text", pack(8))];
        clerk.posts(&format!("/concerns/{id}/status"), &closing).await?;
    }
    for (place, episode) in episodes.iter().enumerate().filter(|(place, _)| place % 2 == 0) {
        let page = clerk.reads(&format!("/episodes/{episode}")).await?;
        let shown = page.split("name=\"shown\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let shown = shown.context("the page says how many alerts it shows")?;
        let reason = [("shown", shown), ("reason", "other"), ("note", packs.at(place))];
        clerk.posts(&format!("/episodes/{episode}/dismiss"), &reason).await?;
    }
    // The pupil of the first report reads every answer on one page.
    if let Some(first) = reports.last() {
        for pack in &packs.0 {
            clerk.posts(&format!("/reports/{first}/reply"), &[("id", &*uuid()), ("text", pack)]).await?;
        }
    }
    Ok(link)
}

/// The link by which a new person joins, if a word of a page is one.
fn join_link(word: &str) -> Option<String> {
    let from = word.find("https://").filter(|_| word.contains("/join/"))?;
    let link = word.get(from..)?;
    Some(link.split(['<', '"']).next()?.to_owned())
}

/// The ids behind links that start like this, each once, in order.
fn ids(html: &str, start: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    html.split(&format!("href=\"{start}"))
        .skip(1)
        .filter_map(|rest| rest.get(..36))
        .filter(|id| id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()))
        .filter(|id| seen.insert((*id).to_owned()))
        .map(str::to_owned)
        .collect()
}

/// Opens these pages and every page of the relay that they lead to.
async fn crawl(judge: &mut Judge<'_>, browser: &Browser, relay: &Relay, from: &[&str]) -> Result<()> {
    let mut waiting: VecDeque<String> = from.iter().map(|path| (*path).to_owned()).collect();
    let mut known: HashSet<String> = waiting.iter().cloned().collect();
    let mut opened: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(path) = waiting.pop_front() {
        let kind = kind(&path);
        let count = opened.entry(kind.clone()).or_default();
        *count += 1;
        if kind.contains('?') && *count > ENOUGH {
            continue;
        }
        let seen = judge.open(browser, &format!("{}{path}", relay.url), &kind).await?;
        for link in seen.links {
            let link = link.split('#').next().unwrap_or_default().to_owned();
            let page = link.starts_with('/') && !link.starts_with("/extension/");
            if page && known.insert(link.clone()) {
                waiting.push_back(link);
            }
        }
        for file in seen.files {
            if known.insert(file.clone()) {
                judge.only_saves(browser, &file).await?;
            }
        }
    }
    Ok(())
}

/// A path with `{}` for every id in it.
fn kind(path: &str) -> String {
    let is_id =
        |part: &str| part.len() == 36 && part.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.split('/').map(|part| if is_id(part) { "{}" } else { part }).collect();
    match query.split('=').next().unwrap_or_default() {
        "" => parts.join("/"),
        key => format!("{}?{key}", parts.join("/")),
    }
}

/// Fills every field of a page's form with everything, sends it, and judges the page that gives it back.
async fn refused(
    judge: &mut Judge<'_>,
    browser: &Browser,
    url: &str,
    kind: &str,
    everything: &str,
) -> Result<()> {
    browser.goto(url).await?;
    let fields = "
        const fill = (form) => {
            const fields = form.querySelectorAll('textarea, input:not([type=hidden], [type=radio], [type=checkbox])');
            for (const field of fields) field.value = arguments[0];
        };";
    sends_form(browser, fields, json!(everything)).await?;
    page::see(&browser.driver, "There is a problem").await?;
    judge.look(browser, url, &format!("{kind} refused")).await?;
    Ok(())
}

/// Fills the page's first form by a script that defines `fill`, sends it, and waits for the page that answers.
async fn sends_form(browser: &Browser, fill: &str, argument: serde_json::Value) -> Result<()> {
    let send = format!(
        "{fill}
        const form = document.querySelector('main form');
        fill(form);
        form.noValidate = true;
        window.notYet = true;
        form.submit();"
    );
    browser.driver.execute(&send, vec![argument]).await?;
    wait::until("the form's answer", || async {
        let read = "return window.notYet !== true && document.readyState === 'complete'";
        Ok(browser.driver.execute(read, vec![]).await?.json().as_bool().filter(|there| *there))
    })
    .await?;
    Ok(())
}

/// Somebody with a hostile name joins: the name then stands at the top of every page.
async fn joins(judge: &mut Judge<'_>, browser: &Browser, relay: &Relay, link: &str) -> Result<()> {
    judge.open(browser, link, "/join").await?;
    page::fill(&browser.driver, "Your password", "walnut ferry carpet thunder").await?;
    page::press(&browser.driver, "Set the password").await?;
    page::see(&browser.driver, "Sign out").await?;
    judge.open(browser, &format!("{}/concerns", relay.url), "/concerns of staff").await?;
    Ok(())
}

/// The pupil's own pages: the adults whom they may choose, and the answers to a report.
async fn at_the_pupils(judge: &mut Judge<'_>, pupil: &mut Pupil) -> Result<()> {
    // A browser that starts asks the relay anew whom pupils may choose.
    pupil.close().await?;
    pupil.open_again().await?;
    pupil.wait_until_watching().await?;
    let browser = pupil.browser()?;
    judge.watch(browser).await?;
    let popup = pupil.page("popup");
    wait::until("the adults of the school", || async {
        browser.goto(&popup).await?;
        page::press(&browser.driver, "Report a concern").await?;
        Ok(page::text(&browser.driver).await?.contains(MARK).then_some(()))
    })
    .await?;
    judge.look(browser, &popup, "popup: adults").await?;
    pupil.reads_replies(&receipt(0)).await?;
    judge.look(browser, &popup, "popup: replies").await?;
    Ok(())
}

/// A relay whose school, hours, IT and DSL all have hostile names; they stand at the top of each page.
async fn another_school(
    judge: &mut Judge<'_>,
    browser: &Browser,
    certificate: &Certificate,
    packs: &Packs,
    everything: &str,
) -> Result<Relay> {
    let folder = tempfile::tempdir()?;
    let relay = Relay::start(&folder.path().join("second"), certificate).await?;
    let link = relay.set_up_link().await?;
    refused(judge, browser, &link, "/setup", everything).await?;
    browser.goto(&link).await?;
    let values = json!({
        "school": packs.at(0), "hours": packs.at(1), "it_name": packs.at(2), "it_email": "it@demo.example",
        "password": "kettle orbit maple lantern", "dsl_name": packs.at(3), "dsl_email": "dsl@demo.example",
        "dsl_job": packs.at(4),
    });
    let fill = "const fill = (form) => {
        for (const [name, value] of Object.entries(arguments[0])) form.elements.namedItem(name).value = value;
    };";
    sends_form(browser, fill, values).await?;
    page::see(&browser.driver, "is set up").await?;
    judge.look(browser, &link, "/setup done").await?;
    crawl(judge, browser, &relay, &["/install", "/people", "/devices"]).await?;
    Ok(relay)
}
