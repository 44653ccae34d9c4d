//! Packs of lists at the relay: published once for all its schools, named at the check-in, fetched in parts, taken back.

use crate::device::{Device, ask};
use crate::school::{School, enrolment_key};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use lapwing_core::Sites;
use lapwing_core::pack::{Kind, Pack};
use lapwing_core::wire::path;
use lapwing_packs::sources::Spec;
use lapwing_packs::{Build, Delta, PackKey};
use serde_json::{Value, json};
use std::path::Path;
use tower::ServiceExt as _;

/// The relay's own key, as the console makes it.
fn own_key(school: &School) -> PackKey {
    let path = school.database.folder.path().join("pack.key");
    PackKey::open(&path, || Some([9; 32])).unwrap().0
}

fn key(seed: u8) -> PackKey {
    PackKey::from_seed(&[seed; 32])
}

fn list(folder: &Path, name: &str, hosts: &str) -> Vec<Spec> {
    let path = folder.join(name);
    std::fs::write(&path, hosts).unwrap();
    vec![format!("plain:gambling={};licence=MIT", path.display()).parse().unwrap()]
}

/// A whole pack of these hosts.
pub(super) fn whole(folder: &Path, hosts: &str, version: u64, seed: u8) -> Vec<u8> {
    let out = folder.join("whole.pack");
    let sources = list(folder, "list.txt", hosts);
    Build { sources, version, out: out.clone(), ..Build::default() }.run(&key(seed)).unwrap();
    std::fs::read(out).unwrap()
}

/// What changes from one state of the list to another, on the pack that was built last.
fn change(folder: &Path, old: &str, new: &str, version: u64) -> Vec<u8> {
    let (from, out) = (folder.join("whole.pack"), folder.join("change.pack"));
    let (old, new) = (list(folder, "old.txt", old), list(folder, "new.txt", new));
    Delta { from, old, new, version, out: out.clone(), ..Delta::default() }.run(&key(1)).unwrap();
    std::fs::read(out).unwrap()
}

fn said(more: &[(&str, Value)]) -> Value {
    let mut said = json!({
        "extension_version": "0.1.0", "browser": "Chromium 156", "lists_version": "l1", "policy_version": "p1",
        "state": "watching", "waiting": 0, "refused": 0,
    });
    for (name, value) in more {
        said[*name] = value.clone();
    }
    said
}

/// What a device is told of lists.
async fn told(device: &Device) -> Value {
    let answer = device.send(path::CHECK_IN, &said(&[])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["lists"].clone()
}

fn versions(lists: &Value) -> Vec<u64> {
    lists["packs"].as_array().unwrap().iter().map(|pack| pack["version"].as_u64().unwrap()).collect()
}

pub(super) async fn publish(school: &School, files: Vec<Vec<u8>>) -> anyhow::Result<()> {
    school.app.publish_lists(files, &key(1).public()).await
}

#[tokio::test]
async fn what_is_published_is_named_at_the_check_in_and_fetched_in_parts() {
    let school = School::open().await;
    let folder = tempfile::tempdir().unwrap();
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    assert_eq!(told(&device).await, Value::Null, "a field that an older extension does not know");

    let pack = whole(folder.path(), "bet.example\n", 5, 1);
    publish(&school, vec![pack.clone()]).await.unwrap();
    let lists = told(&device).await;
    assert_eq!(lists["key"], key(1).public().to_string());
    assert_eq!((versions(&lists), &lists["packs"][0]["bytes"]), (vec![5], &json!(pack.len())));
    let digest = lists["packs"][0]["digest"].as_str().unwrap().to_owned();

    let fetch = async |headers: &[(&str, &str)]| {
        let mut request = Request::get(format!("/api/v1/lists/{digest}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = school.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
    };
    let (status, headers, bytes) = fetch(&[]).await;
    assert_eq!((status, bytes.as_ref()), (StatusCode::OK, pack.as_slice()));
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    assert_eq!(tag, format!("\"{digest}\""));
    assert!(headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    let (status, headers, bytes) = fetch(&[("range", "bytes=10-19")]).await;
    assert_eq!((status, bytes.as_ref()), (StatusCode::PARTIAL_CONTENT, &pack[10..20]));
    assert_eq!(headers[header::CONTENT_RANGE], format!("bytes 10-19/{}", pack.len()));
    assert_eq!(fetch(&[("if-none-match", &tag)]).await.0, StatusCode::NOT_MODIFIED);
    let beyond = format!("bytes={}-", pack.len());
    assert_eq!(fetch(&[("range", &beyond)]).await.0, StatusCode::RANGE_NOT_SATISFIABLE);
    for wrong in ["0".repeat(64), "x".repeat(64), "..%2f..".to_owned()] {
        let request = Request::get(format!("/api/v1/lists/{wrong}")).body(Body::empty()).unwrap();
        ask(&school.router, request).await.is_problem(404, "not-found");
    }

    // What devices say of it, for IT alone.
    let lists = json!({ "version": 5, "problem": "<b>it was changed</b>" });
    let answer = device.send(path::CHECK_IN, &said(&[("lists", lists)])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let it = school.person("it_admin", "Priya Nair").await;
    school.get(&it, "/devices").await.has("&#60;b&#62;it was changed");
    assert_eq!(school.number("select pack_version from device").await, 5);
}

#[tokio::test]
async fn changes_lie_on_what_is_in_force_and_what_devices_would_refuse_is_not_published() {
    let school = School::open().await;
    let neighbour = school.neighbour().await;
    let folder = tempfile::tempdir().unwrap();
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let (old, new) = ("bet.example\n", "bet.example\nwin.example\n");
    let base = whole(folder.path(), old, 5, 1);
    publish(&school, vec![base.clone(), change(folder.path(), old, new, 6)]).await.unwrap();
    assert_eq!(versions(&told(&device).await), [5, 6]);
    // Another change of the same pack takes the place of the first.
    publish(&school, vec![change(folder.path(), old, "win.example\n", 7)]).await.unwrap();
    assert_eq!(versions(&told(&device).await), [5, 7]);

    let refused = async |files: Vec<Vec<u8>>, words: &str| {
        let error = publish(&school, files).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(versions(&told(&device).await), [5, 7]);
    };
    refused(vec![base], "nothing under 8").await;
    refused(vec![whole(folder.path(), old, 9, 2)], "not the one that is trusted").await;
    // A change of a pack that was never published.
    let unknown = whole(folder.path(), new, 9, 1);
    refused(vec![change(folder.path(), new, old, 10)], "another pack").await;
    let mut damaged = unknown.clone();
    *damaged.last_mut().unwrap() ^= 1;
    refused(vec![damaged], "damaged").await;
    // All of them or none.
    refused(vec![unknown, b"LAPWPACK".to_vec()], "not a pack").await;

    // Both schools' trails know of what was published.
    for school in [&school, &neighbour] {
        let auditor = school.person("auditor", "Mx Quill").await;
        school.get(&auditor, "/trail?kind=lists").await.has("publish");
    }
}

#[tokio::test]
async fn what_was_in_force_before_comes_back_under_a_higher_version_of_the_same_sites() {
    let school = School::open().await;
    let folder = tempfile::tempdir().unwrap();
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let first = whole(folder.path(), "bet.example\n", 5, 1);
    let sites = |bytes: &[u8]| {
        let pack = Pack::open(bytes.to_vec(), &key(1).public(), 0).unwrap();
        pack.section(Kind::Sites).unwrap().to_vec()
    };
    let first_sites = sites(&first);
    publish(&school, vec![first]).await.unwrap();
    assert!(
        school.app.roll_back_lists(&key(1), "a mistake", false).await.is_err(),
        "there is nothing before"
    );
    publish(&school, vec![whole(folder.path(), "good.example\n", 6, 1)]).await.unwrap();
    let error = school.app.roll_back_lists(&key(2), "a mistake", false).await.unwrap_err().to_string();
    assert!(error.contains("another key") || error.contains("the other key"), "{error}");
    school.app.roll_back_lists(&key(1), "a mistake", false).await.unwrap();

    let lists = told(&device).await;
    assert!(versions(&lists)[0] > 6, "{lists}");
    let digest = lists["packs"][0]["digest"].as_str().unwrap();
    let request = Request::get(format!("/api/v1/lists/{digest}")).body(Body::empty()).unwrap();
    let response = school.router.clone().oneshot(request).await.unwrap();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(sites(&bytes), first_sites);
    let auditor = school.person("auditor", "Mx Quill").await;
    school.get(&auditor, "/trail?kind=lists").await.has("roll back").has("a mistake");

    // Only the last few whole packs keep their bytes.
    for version in 0..3 {
        let next = versions(&told(&device).await)[0] + 1 + version;
        publish(&school, vec![whole(folder.path(), "bet.example\n", next, 1)]).await.unwrap();
    }
    assert_eq!(school.number("select count(distinct digest) from pack_piece").await, 3);
    assert_eq!(school.number("select count(*) from pack").await, 6);
}

#[tokio::test]
async fn lists_are_withdrawn_by_a_signed_pack_with_nothing_in_it_and_can_come_back() {
    let school = School::open().await;
    let folder = tempfile::tempdir().unwrap();
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let withdraw = async |seed| school.app.withdraw_lists(&key(seed), "its licence has ended").await;
    assert!(withdraw(1).await.unwrap_err().to_string().contains("nothing has been published"));
    publish(&school, vec![whole(folder.path(), "bet.example\n", 5, 1)]).await.unwrap();
    let error = withdraw(2).await.unwrap_err().to_string();
    assert!(error.contains("copy pack.key from the relay that published them"), "{error}");
    assert_eq!(versions(&told(&device).await), [5]);

    withdraw(1).await.unwrap();
    let lists = told(&device).await;
    assert!(versions(&lists)[0] > 5, "{lists}");
    // It is verified and read as any other, and says nothing of any site.
    let digest = lists["packs"][0]["digest"].as_str().unwrap();
    let request = Request::get(format!("/api/v1/lists/{digest}")).body(Body::empty()).unwrap();
    let response = school.router.clone().oneshot(request).await.unwrap();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let sites = Sites::new(Pack::open(bytes.to_vec(), &key(1).public(), 6).unwrap()).unwrap();
    for host in ["bet.example", "nothing.invalid"] {
        assert!(sites.host(host).is_empty(), "{host}");
    }
    let teacher = school.person("staff", "Ms Ray").await;
    school.get(&teacher, "/policy/ask?url=bet.example&year=9").await.has("no list and no rule names it");
    let it = school.person("it_admin", "Priya Nair").await;
    school.get(&it, "/lists").await.has("only the lists that are built in: its licence has ended");
    let auditor = school.person("auditor", "Mx Quill").await;
    school.get(&auditor, "/trail?kind=lists").await.has("withdraw").has("its licence has ended");
    assert!(withdraw(1).await.unwrap_err().to_string().contains("withdrawn already"));

    school.app.roll_back_lists(&key(1), "it was renewed", false).await.unwrap();
    school.get(&teacher, "/policy/ask?url=bet.example&year=9").await.has("Is blocked.");
}

/// A whole pack of these hosts and of a made-up licensed list.
fn licensed(folder: &Path, hosts: &str, version: u64) -> Vec<u8> {
    let (out, iwf) = (folder.join("licensed.pack"), folder.join("iwf.txt"));
    std::fs::write(&iwf, "stand-in.example/a\n").unwrap();
    let mut sources = list(folder, "list.txt", hosts);
    sources.push(format!("iwf={}", iwf.display()).parse().unwrap());
    Build { sources, version, out: out.clone(), ..Build::default() }.run(&key(1)).unwrap();
    std::fs::read(out).unwrap()
}

#[tokio::test]
async fn a_licensed_list_goes_only_where_somebody_says_so_and_the_trail_tells_of_it() {
    let school = School::open().await;
    let folder = tempfile::tempdir().unwrap();
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let auditor = school.person("auditor", "Mx Quill").await;
    let trail = async || school.get(&auditor, "/trail?kind=lists").await;
    publish(&school, vec![whole(folder.path(), "bet.example\n", 5, 1)]).await.unwrap();
    publish(&school, vec![licensed(folder.path(), "bet.example\n", 6)]).await.unwrap();
    // Back to a pack without it: not unless that is said.
    let back = async |without| school.app.roll_back_lists(&key(1), "a mistake", without).await;
    let error = back(false).await.unwrap_err().to_string();
    for words in ["version 5 lacks", "Internet Watch Foundation", "--source iwf=FILE", "--without-licensed"] {
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(versions(&told(&device).await), [6]);
    trail().await.lacks("Internet Watch");
    back(true).await.unwrap();
    assert!(versions(&told(&device).await)[0] > 6);
    trail().await.has("gone").has("Internet Watch Foundation");
    // Back to one that has it asks nobody.
    let next = versions(&told(&device).await)[0] + 1;
    publish(&school, vec![licensed(folder.path(), "bet.example\n", next)]).await.unwrap();
    publish(&school, vec![licensed(folder.path(), "win.example\n", next + 1)]).await.unwrap();
    back(false).await.unwrap();
}

#[tokio::test]
async fn withdrawing_and_publishing_say_that_a_licensed_list_goes_too() {
    let school = School::open().await;
    let folder = tempfile::tempdir().unwrap();
    let auditor = school.person("auditor", "Mx Quill").await;
    publish(&school, vec![licensed(folder.path(), "bet.example\n", 5)]).await.unwrap();
    let told =
        async || school.get(&auditor, "/trail?kind=lists").await.html.matches("Internet Watch").count();
    assert_eq!(told().await, 0);
    publish(&school, vec![whole(folder.path(), "bet.example\n", 6, 1)]).await.unwrap();
    assert_eq!(told().await, 1);
    publish(&school, vec![licensed(folder.path(), "bet.example\n", 7)]).await.unwrap();
    school.app.withdraw_lists(&key(1), "the licence has ended").await.unwrap();
    assert_eq!(told().await, 2);
}

#[tokio::test]
async fn a_large_pack_is_sent_piece_by_piece_whatever_part_is_asked_for() {
    let school = School::open().await;
    let folder = tempfile::tempdir().unwrap();
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let small = Pack::open(whole(folder.path(), "bet.example\n", 5, 1), &key(1).public(), 0).unwrap();
    let about = json!({ "sources": [], "numbers": (0..400_000).collect::<Vec<u32>>() }).to_string();
    let sections = [(Kind::About, about.as_bytes()), (Kind::Sites, small.section(Kind::Sites).unwrap())];
    let pack = lapwing_packs::pack(&key(1), 5, None, &sections);
    let piece = 1 << 20;
    assert!(pack.len() > 2 * piece, "{} bytes are too few for three pieces", pack.len());
    publish(&school, vec![pack.clone()]).await.unwrap();
    let digest = told(&device).await["packs"][0]["digest"].as_str().unwrap().to_owned();
    let end = pack.len();
    for (from, to) in
        [(0, end), (10, 20), (piece - 1, piece + 1), (piece, 2 * piece), (5, end), (2 * piece, end)]
    {
        let range = format!("bytes={from}-{}", to - 1);
        let request = Request::get(format!("/api/v1/lists/{digest}")).header("range", &range);
        let response = school.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_LENGTH], (to - from).to_string(), "{range}");
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert!(bytes == pack[from..to], "{range}");
    }
}

#[tokio::test]
async fn it_sees_what_is_in_force_and_goes_back_with_a_reason_where_no_other_school_shares_it() {
    let school = School::open().await;
    let folder = tempfile::tempdir().unwrap();
    let it = school.person("it_admin", "Priya <Nair>").await;
    school
        .get(&it, "/lists")
        .await
        .has("lists that are built in, and no others")
        .lacks("<form method=\"post\" action=\"/lists");
    let key = own_key(&school);
    let build = |hosts: &str, version: u64| {
        let out = folder.path().join("own.pack");
        let path = folder.path().join("own.txt");
        std::fs::write(&path, hosts).unwrap();
        let source: Spec =
            format!("plain:gambling={};licence=CC BY;by=A <b> Person", path.display()).parse().unwrap();
        Build { sources: vec![source], version, out: out.clone(), ..Build::default() }.run(&key).unwrap();
        std::fs::read(out).unwrap()
    };
    school.app.publish_lists(vec![build("bet.example\n", 5)], &key.public()).await.unwrap();
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let lists = json!({ "version": 5, "problem": "" });
    device.send(path::CHECK_IN, &said(&[("lists", lists)])).await;
    let page = school.get(&it, "/lists").await;
    page.has("1 of 1 devices have").has("CC BY").has("A &#60;b&#62; Person").has("Signed with the key");
    page.lacks("Go back");

    school.app.publish_lists(vec![build("good.example\n", 6)], &key.public()).await.unwrap();
    let page = school.get(&it, "/lists").await;
    page.has("0 of 1 devices have").has("Before, version 5 was in force").has("Go back");
    let back = async |version: &str, reason: &str| {
        school.post(&it, "/lists/roll-back", &[("version", version), ("reason", reason)]).await
    };
    back("6", " ").await.has("Write why").has("Nothing you wrote is lost");
    back("5", "it stops a good site").await.has("have changed since").has("it stops a good site");
    assert_eq!(back("6", "it stops a <good> site").await.location, "/lists");
    let page = school.get(&it, "/lists").await;
    page.has("Brought back by Priya &#60;Nair&#62;: it stops a &#60;good&#62; site");
    let auditor = school.person("auditor", "Mx Quill").await;
    school.get(&auditor, "/trail?kind=lists").await.has("Priya").has("roll back");

    // A second school has the same lists: neither IT decides for the other.
    let neighbour = school.neighbour().await;
    school.app.publish_lists(vec![build("third.example\n", 1 << 40)], &key.public()).await.unwrap();
    school.get(&it, "/lists").await.has("several schools").lacks("action=\"/lists/roll-back\"");
    let theirs = neighbour.person("it_admin", "Sam Field").await;
    let fields = [("version", "1099511627776"), ("reason", "mine")];
    assert_eq!(neighbour.post(&theirs, "/lists/roll-back", &fields).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_tries_an_address_is_told_what_the_published_lists_say() {
    let school = School::open().await;
    let folder = tempfile::tempdir().unwrap();
    let teacher = school.person("staff", "Ms Ray").await;
    let ask = async |host: &str| school.get(&teacher, &format!("/policy/ask?url={host}&year=9")).await;
    ask("www.bet.example").await.has("no list and no rule names it");
    publish(&school, vec![whole(folder.path(), "bet.example\n", 5, 1)]).await.unwrap();
    ask("www.bet.example").await.has("Is blocked.").has("Gambling").has("bet.example");
    // What IT may open is judged by the same lists.
    let it = school.person("it_admin", "Mx It").await;
    let fields = [("on", "0"), ("site", "www.bet.example"), ("effect", "allow"), ("why", "w")];
    school.post(&it, "/policy/exceptions", &fields).await.has("listed under gambling");
    publish(&school, vec![change(folder.path(), "bet.example\n", "slots.example\n", 6)]).await.unwrap();
    ask("www.bet.example").await.has("no list and no rule names it");
    ask("slots.example").await.has("Is blocked.");
}
