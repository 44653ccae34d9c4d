//! More than five hundred hostile strings in every field that a device, a pupil or a member of staff can fill, shown on
//! every page that shows them, in a real Chromium: nothing runs, nothing is loaded, nothing becomes a link, the content
//! security policy has nothing to stop, and each string stands on the page as it was written.

use std::collections::{BTreeMap, HashSet, VecDeque};

use lapwing_core::wire::{Alert, CheckIn, Excerpt, Identity, Report, About, ThreadReply, DeviceState, Reason, path};
use lapwing_tests::device::{Device, alert};
use lapwing_tests::hostile::{Hostile, Judge, packs, strings};
use lapwing_tests::school::{Person, sign_out};
use lapwing_tests::stage::Ground;
use lapwing_tests::{Browser, Clerk, Relay, Stage, page, wait};
use serde_json::json;
use thirtyfour::prelude::*;

/// Pages of one kind whose address has a query: more of them show nothing new.
const ENOUGH: usize = 12;

/// A pack by its place, beginning again after the last.
struct Packs(Vec<String>);

impl Packs {
    fn at(&self, place: usize) -> &str {
        &self.0[place % self.0.len()]
    }
}

fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Sixteen digits of their own for each report.
fn receipt(number: usize) -> String {
    format!("{:016}", 7_000_000_000_000_000 + number)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_string_runs_loads_or_leads_anywhere_on_any_page() {
    let strings = strings();
    let packs = Packs(packs(&strings, 300));
    let stage = Stage::open().await.unwrap();
    let Ground { relay, office, certificate, site, .. } = &stage.ground;
    let mut judge = Judge::new(&strings);
    judge.watch(office).await.unwrap();

    from_devices(&stage, &packs).await;
    stage.school.dsl.sign_in(office, relay).await.unwrap();
    let clerk = Clerk::of(office, &relay.url, certificate).await.unwrap();
    let link = from_staff(&clerk, &packs).await;

    let dsl = ["/inbox", "/inbox/done", "/reports", "/concerns", "/people", "/concerns/new"];
    crawl(&mut judge, office, relay, &dsl).await;
    let everything = strings.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join("\n");
    for form in ["/people", "/concerns/new"] {
        refused(&mut judge, office, &format!("{}{form}", relay.url), &everything).await;
    }
    sign_out(office).await.unwrap();
    refused(&mut judge, office, &format!("{}/sign-in", relay.url), &everything).await;
    stage.school.it.sign_in(office, relay).await.unwrap();
    crawl(&mut judge, office, relay, &["/devices", "/people", "/install"]).await;
    sign_out(office).await.unwrap();
    joins(&mut judge, office, relay, &link).await;
    crawl(&mut judge, office, relay, &["/concerns", "/reports", "/concerns/new"]).await;
    sign_out(office).await.unwrap();

    at_the_pupils(&mut judge, stage, &packs, &strings).await;
}
