//! Packs of lists: from the relay's command line to what a pupil's browser stops, with everything that may go wrong on the way.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use lapwing_tests::stage::Ground;
use lapwing_tests::{Between, Desk, Policy, Pupil, School, page, wait};
use serde_json::{Value, json};
use tempfile::TempDir;

const STOPPED: &str = "Not open here";

/// A school whose devices reach their relay through something between.
struct Case {
    pupil: Pupil,
    between: Between,
    _policy: Policy,
    school: School,
    ground: Ground,
    folder: TempDir,
}

impl Case {
    async fn open() -> Result<Self> {
        let ground = Ground::start().await?;
        let school = School::set_up(&ground.office, &ground.relay, None).await?;
        let between = Between::start(&ground.relay.url, &ground.certificate)?;
        let mut policy: Value = serde_json::from_str(&school.policy)?;
        let id = school.extension_id()?;
        policy["3rdparty"]["extensions"][&id]["relay_url"] = json!(between.url);
        let policy = Policy::put(&policy.to_string())?;
        let pupil = ground.pupil(&school).await?;
        let folder = tempfile::tempdir()?;
        Ok(Self { pupil, between, _policy: policy, school, ground, folder })
    }

    /// Runs `lapwing-relay lists …`; gives what it printed.
    async fn lists(&self, words: &[&str]) -> Result<String> {
        let words: Vec<&str> = std::iter::once("lists").chain(words.iter().copied()).collect();
        let done = self.ground.relay.command(&words).await?;
        ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Ok(String::from_utf8(done.stdout)?)
    }

    /// A file of this case.
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A list of gambling sites, and how `lists` is given it.
    fn list(&self, name: &str, hosts: impl Iterator<Item = String>) -> Result<String> {
        fs::write(self.file(name), hosts.collect::<Vec<_>>().join("\n"))?;
        Ok(format!("plain:gambling={};licence=MIT;by=A. Person", self.file(name).display()))
    }

    /// Builds a whole pack and publishes it.
    async fn publish(&self, list: &str, version: &str) -> Result<()> {
        let pack = self.file("whole.pack").display().to_string();
        self.lists(&["build", "--source", list, "--version", version, "--out", &pack]).await?;
        let said = self.lists(&["publish", "--pack", &pack]).await?;
        ensure!(said.contains(&format!("Published version {version}")), "{said}");
        Ok(())
    }

    /// Publishes what changed from one list to another, as a change of the whole pack.
    async fn change(&self, old: &str, new: &str, version: &str) -> Result<()> {
        let (pack, change) = (self.file("whole.pack"), self.file("change.pack").display().to_string());
        let pack = pack.display().to_string();
        let lists = ["delta", "--from", &pack, "--from-source", old, "--source", new];
        self.lists(&[&lists[..], &["--version", version, "--out", &change]].concat()).await?;
        self.lists(&["publish", "--change", &change]).await.map(drop)
    }

    /// What the device says of its packs. One of the extension's pages is open afterwards.
    async fn state(&self) -> Result<Value> {
        let browser = self.pupil.browser()?;
        let read = "
            const done = arguments[arguments.length - 1];
            chrome.runtime.sendMessage({ kind: 'status' }).then((answer) => done(answer?.lists ?? null));";
        Ok(browser.driver.execute_async(read, vec![]).await?.json().clone())
    }

    /// Makes an alarm of the worker ring now rather than in some minutes.
    async fn ring(&self, alarm: &str) -> Result<()> {
        let browser = self.pupil.browser()?;
        browser.goto(&self.pupil.page("checked")).await?;
        let ring = format!("chrome.alarms.create('{alarm}', {{ when: Date.now(), periodInMinutes: 0.5 }});");
        browser.driver.execute(ring, vec![]).await.map(drop).context("no alarm can be set")
    }

    /// Checks in, and waits until the device has this version in force.
    async fn has(&self, version: u64) -> Result<()> {
        self.ring("check-in").await?;
        wait::until(&format!("lists of version {version} on the device"), || async {
            let state = self.state().await?;
            ensure!(state["version"] == version, "the device says {state}");
            Ok(Some(()))
        })
        .await
    }

    /// Checks in, and waits until the device says that something was refused; what is in force stays.
    async fn refuses(&self, words: &str, version: u64) -> Result<()> {
        self.ring("check-in").await?;
        wait::until(&format!("“{words}” on the device"), || async {
            let state = self.state().await?;
            let problem = state["problem"].as_str().unwrap_or_default();
            ensure!(problem.contains(words) && state["version"] == version, "the device says {state}");
            Ok(Some(()))
        })
        .await
    }

    async fn stops(&self, host: &str) -> Result<()> {
        self.pupil.is_stopped_at(&format!("https://{host}/"), STOPPED).await
    }

    async fn opens(&self, host: &str) -> Result<()> {
        let browser = self.pupil.browser()?;
        browser.goto(&format!("https://{host}/")).await?;
        let shown = browser.driver.current_url().await?;
        ensure!(shown.as_str().starts_with(&format!("https://{host}/")), "the tab shows {shown}");
        Ok(())
    }
}

/// Names enough for several pieces, and some to try.
fn many() -> impl Iterator<Item = String> {
    let filler = (0..300_000).map(|n| format!("filler-{n}.example"));
    filler.chain(["first-casino.example", "second-casino.example"].map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_reach_a_device_piece_by_piece_and_decide_there_also_offline() {
    let mut case = Case::open().await.unwrap();
    case.opens("first-casino.example").await.unwrap();
    let old = case.list("old.txt", many()).unwrap();

    // The worker ends after the first piece: the next one goes on there.
    case.between.lets_pass(1);
    case.publish(&old, "1000").await.unwrap();
    case.ring("check-in").await.unwrap();
    wait::until("the second piece to be asked for", || async {
        Ok((case.between.asked().len() >= 2).then_some(()))
    })
    .await
    .unwrap();
    case.pupil.stop_worker().await.unwrap();
    case.between.lets_pass(usize::MAX);
    case.has(1000).await.unwrap();
    let asked = case.between.asked();
    let from_the_start = asked.iter().filter(|range| range.starts_with("bytes=0-")).count();
    assert_eq!(from_the_start, 1, "what was there was fetched again: {asked:?}");
    assert!(asked.len() > 3, "{asked:?}");

    // What was let through before is stopped, by a worker that runs and by one that slept.
    case.stops("first-casino.example").await.unwrap();
    case.pupil.stop_worker().await.unwrap();
    case.stops("www.second-casino.example").await.unwrap();
    case.opens("third-casino.example").await.unwrap();

    // A change adds one and removes one.
    let new = many().filter(|name| name != "first-casino.example").chain(["third-casino.example".to_owned()]);
    let new = case.list("new.txt", new).unwrap();
    case.change(&old, &new, "1001").await.unwrap();
    case.has(1001).await.unwrap();
    case.stops("third-casino.example").await.unwrap();
    case.stops("second-casino.example").await.unwrap();
    case.opens("first-casino.example").await.unwrap();
    case.pupil.stop_worker().await.unwrap();
    case.stops("third-casino.example").await.unwrap();
    case.opens("first-casino.example").await.unwrap();

    // Offline, after the browser was closed.
    case.ground.relay.stop().await.unwrap();
    case.pupil.close().await.unwrap();
    case.pupil.open_again().await.unwrap();
    case.stops("third-casino.example").await.unwrap();
    case.ground.relay.start_again().await.unwrap();

    // What was before comes back under a higher version, since an older one would be refused. Of its bytes only the first
    // piece, in which the new signature is, is fetched.
    let fetched = case.between.asked().len();
    let said = case.lists(&["roll-back", "--reason", "the change stopped a good site"]).await.unwrap();
    assert!(said.contains("In force again"), "{said}");
    let shown = case.lists(&["show"]).await.unwrap();
    for part in ["in force: version", "before: version 1001", "licence: MIT; by: A. Person", "1 device"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let version = said.split("version ").nth(1).and_then(|rest| rest.split(':').next()).unwrap();
    case.has(version.parse().unwrap()).await.unwrap();
    assert_eq!(case.between.asked().len(), fetched + 1, "{:?}", case.between.asked());
    case.stops("first-casino.example").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_it_was_signed_is_refused_and_the_last_good_lists_stay() {
    let case = Case::open().await.unwrap();
    let (good, other) = (["good-casino.example".to_owned()], ["other-casino.example".to_owned()]);
    let (good, other) = (
        case.list("good.txt", good.into_iter()).unwrap(),
        case.list("other.txt", other.into_iter()).unwrap(),
    );
    case.publish(&good, "1000").await.unwrap();
    case.has(1000).await.unwrap();
    let still = || async {
        case.stops("good-casino.example").await.unwrap();
        case.opens("other-casino.example").await.unwrap();
    };

    // One bit of its sites, one of its header.
    case.publish(&other, "1001").await.unwrap();
    case.between.flips(Some(5));
    case.refuses("changed after it was signed", 1000).await.unwrap();
    still().await;
    case.publish(&other, "1002").await.unwrap();
    case.between.flips(Some(usize::MAX));
    case.refuses("not a pack", 1000).await.unwrap();
    still().await;
    case.between.flips(None);

    // Shorter than it says, older than what is in force, of another key.
    case.publish(&other, "1003").await.unwrap();
    case.between.lies(Some(|lists| {
        let bytes = lists["packs"][0]["bytes"].as_u64().unwrap_or_default();
        lists["packs"][0]["bytes"] = json!(bytes - 10);
    }));
    case.refuses("bytes, and there are", 1000).await.unwrap();
    case.between.lies(Some(|lists| lists["packs"][0]["version"] = json!(999)));
    case.refuses("version 999 were refused", 1000).await.unwrap();
    case.between.lies(Some(|lists| lists["key"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")));
    case.refuses("another key were refused", 1000).await.unwrap();
    still().await;

    // IT sees it, and the pupil may.
    let office = &case.ground.office;
    case.school.it.sign_in(office, &case.ground.relay).await.unwrap();
    wait::until("the problem on the devices page", || async {
        office.goto(&format!("{}/devices", case.ground.relay.url)).await?;
        Ok(page::text(&office.driver).await?.contains("another key were refused").then_some(()))
    })
    .await
    .unwrap();
    case.pupil.browser().unwrap().goto(&case.pupil.page("checked")).await.unwrap();
    page::see(&case.pupil.browser().unwrap().driver, "another key were refused").await.unwrap();

    // The truth is believed.
    case.between.lies(None);
    case.has(1003).await.unwrap();
    case.stops("other-casino.example").await.unwrap();
    case.opens("good-casino.example").await.unwrap();
}

/// The sites that are built in do not hold the licensed lists, and are all that a worker has that has just woken.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_fetched_before_the_licensed_lists_were_read_is_told_and_gone() {
    let case = Case::open().await.unwrap();
    let licensed = case.file("licensed.txt");
    fs::write(&licensed, "https://pictures.example/unlawful.png\n").unwrap();
    let (pack, source) = (case.file("whole.pack"), format!("iwf={}", licensed.display()));
    let pack = pack.display().to_string();
    case.lists(&["build", "--source", &source, "--version", "1000", "--out", &pack]).await.unwrap();
    case.lists(&["publish", "--pack", &pack]).await.unwrap();
    case.has(1000).await.unwrap();

    let browser = case.pupil.browser().unwrap();
    let page_is_open = || async { Ok(browser.driver.title().await?.starts_with("A gallery").then_some(())) };
    // Known: it is not fetched.
    browser.goto("https://gallery.example/picture").await.unwrap();
    wait::until("the gallery", page_is_open).await.unwrap();
    let site = &case.ground.site;
    let fetched = || site.requests().iter().filter(|asked| *asked == "pictures.example/unlawful.png").count();
    let opened = || site.requests().iter().filter(|asked| *asked == "gallery.example/picture").count();
    assert_eq!((opened(), fetched()), (1, 0));

    // A worker that has just woken may be too late for it: then the page is loaded anew, and without it.
    let mut late = 0;
    for _ in 0..5 {
        let (pages, pictures) = (opened(), fetched());
        case.pupil.stop_worker().await.unwrap();
        browser.goto("https://gallery.example/picture").await.unwrap();
        wait::until("the gallery", page_is_open).await.unwrap();
        if fetched() == pictures {
            continue;
        }
        let anew = || async { Ok((opened() == pages + 2).then_some(())) };
        wait::until("the page to be loaded anew", anew).await.unwrap();
        wait::until("the gallery", page_is_open).await.unwrap();
        assert_eq!(fetched(), pictures + 1, "it was fetched again");
        late += 1;
    }
    assert!(late > 0, "no worker was late for it, so nothing is known of what it does then");

    let desk = Desk::open(&case.ground.office, &case.ground.relay, &case.school.dsl).await.unwrap();
    desk.wait_for_row("/episodes/", "nlawful").await.unwrap();
}

/// Changes what the extension keeps of packs, and stops its worker before that could write it again. `change` is given the
/// store and what is known, and tells what is to be known.
async fn tampers(case: &Case, change: &str) -> Result<()> {
    let browser = case.pupil.browser()?;
    browser.goto(&case.pupil.page("checked")).await?;
    page::see(&browser.driver, "What is checked").await?;
    let work = format!(
        "const done = arguments[arguments.length - 1];
        const change = (packs, known) => {{ {change} }};
        const opening = indexedDB.open('lapwing');
        opening.onsuccess = () => {{
            const transaction = opening.result.transaction(['packs'], 'readwrite');
            const packs = transaction.objectStore('packs');
            const reading = packs.get('state');
            reading.onsuccess = () => packs.put(JSON.stringify(change(packs, JSON.parse(reading.result))), 'state');
            transaction.oncomplete = () => {{ opening.result.close(); done(true); }};
        }};"
    );
    browser.driver.execute_async(work, vec![]).await?;
    browser.stop_workers().await
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_end_the_extension_are_given_up_and_detection_goes_on() {
    let case = Case::open().await.unwrap();
    let list = case.list("good.txt", ["good-casino.example".to_owned()].into_iter()).unwrap();
    case.publish(&list, "1000").await.unwrap();
    case.has(1000).await.unwrap();
    case.stops("good-casino.example").await.unwrap();

    // What is left behind by two workers that ended while these lists were read.
    let left = "known.tried = { key: known.signer, packs: known.in_force };
        known.ended = [{ offer: known.tried, workers: 1, browsers: 0 }];
        return known;";
    tampers(&case, left).await.unwrap();
    case.stops("www.bet365.com").await.unwrap();
    case.opens("good-casino.example").await.unwrap();
    case.refuses("ended 2 times while version 1000", 0).await.unwrap();
    // Not fetched again at once, and others are tried.
    case.refuses("ended 2 times while version 1000", 0).await.unwrap();
    case.publish(&list, "1001").await.unwrap();
    case.has(1001).await.unwrap();
    case.stops("good-casino.example").await.unwrap();

    // Once is nothing, and computers are switched off at any moment, also several mornings in a row.
    tampers(&case, &left.replace("workers: 1, browsers: 0", "workers: 0, browsers: 6")).await.unwrap();
    case.stops("good-casino.example").await.unwrap();

    // Stored bytes that cannot be read any more, for whatever reason, are fetched again.
    tampers(&case, "packs.put('no bytes', known.in_force[0].digest); return known;").await.unwrap();
    case.stops("www.bet365.com").await.unwrap();
    case.has(1001).await.unwrap();
    case.stops("good-casino.example").await.unwrap();
}
