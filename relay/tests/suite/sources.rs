//! Sources of site lists that are given as files: proposed, approved, published as small changes, taken back. Those that are
//! fetched are in `sources_fetched`.

use crate::device::{Device, ask};
use crate::school::{NOW, Page, Person, School, enrolment_key, id};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use lapwing_core::Lists;
use lapwing_core::wire::path;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// A source of files without one, for tests of who may touch it. Answers its id.
pub(crate) async fn source(school: &School) -> String {
    let source = id();
    let sql = "insert into list_source (id, name, kind, category, licence, attribution, url, refresh, goes_live, is_on, \
               made_by, made_at) values ($1, $2, 'plain', 'gambling', '', '', '', '', 0, 1, '', $3)";
    school.sql(sql, &[source.as_str().into(), format!("List {source}").into(), NOW.into()]).await;
    source
}

/// A proposal that waits, of nothing. Answers its id.
pub(crate) async fn build(school: &School) -> String {
    let build = id();
    school.sql("update list_build set state = 'replaced' where state = 'proposed'", &[]).await;
    let summary = json!({
        "before": 0, "after": 0, "added": 0, "altered": 0, "removed": 0, "named": true, "categories": {},
        "exceptions": { "before": 0, "after": 0, "added": 0, "removed": 0, "come": { "names": [] }, "go": { "names": [] } },
        "left_out": [], "sources": [],
    });
    let sql = "insert into list_build (id, state, made_at, made_by, made_by_name, on_pack, manifest, summary) \
               values ($1, 'proposed', $2, '', '', '', '[]', $3)";
    school.sql(sql, &[build.as_str().into(), NOW.into(), summary.to_string().into()]).await;
    build
}

const PLAIN: [(&str, &str); 6] = [
    ("name", "Casinos"),
    ("kind", "plain"),
    ("category", "gambling"),
    ("licence", "CC BY <4>"),
    ("attribution", "A. Person"),
    ("url", ""),
];

/// Adds a source. Answers its page.
pub(crate) async fn add(school: &School, it: &Person, more: &[(&str, &str)]) -> String {
    let page = school.post(it, "/lists/sources", &with(more)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.html);
    assert!(page.location.starts_with("/lists/sources/"), "{}", page.location);
    page.location
}

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = PLAIN.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more).copied().collect()
}

/// Sends a form with a file in it, as a browser does.
async fn post_file(school: &School, who: &Person, path: &str, file: &[u8]) -> Page {
    let head = "--lapwing\r\ncontent-disposition: form-data; name=\"file\"; filename=\"list.txt\"\r\n\
                content-type: application/octet-stream\r\n\r\n";
    let body = [head.as_bytes(), file, b"\r\n--lapwing--\r\n"].concat();
    let request = Request::post(path)
        .header(header::COOKIE, who.cookie())
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=lapwing")
        .header(header::CONTENT_LENGTH, body.len())
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body));
    let answer = ask(&school.router, request.unwrap()).await;
    let location = answer.headers.get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
    Page { status: answer.status, location: location.unwrap_or_default(), html: answer.text }
}

pub(crate) async fn give(school: &School, it: &Person, page: &str, file: &str) {
    let done = post_file(school, it, &format!("{page}/file"), file.as_bytes()).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.html);
}

/// Proposes what there is. Answers the page of the proposal, and the path by which it is decided.
pub(crate) async fn propose(school: &School, it: &Person) -> (Page, String) {
    let done = school.post(it, "/lists/propose", &[]).await;
    assert_eq!(done.location, "/lists/proposal", "{}", done.html);
    let page = school.get(it, "/lists/proposal").await;
    let id = school.text("select id from list_build where state = 'proposed'").await;
    page.has(&format!("/lists/proposals/{id}/approve"));
    (page, format!("/lists/proposals/{id}"))
}

pub(crate) async fn approve(school: &School, who: &Person, proposal: &str) {
    let done = school.post(who, &format!("{proposal}/approve"), &[]).await;
    assert_eq!(done.location, "/lists", "{}", done.html);
}

/// The packs that a device is told of.
pub(crate) async fn told(device: &Device) -> Vec<Value> {
    let said = json!({
        "extension_version": "0.1.0", "browser": "Chromium 156", "lists_version": "l1", "policy_version": "p1",
        "state": "watching", "waiting": 0, "refused": 0,
    });
    let lists = device.send(path::CHECK_IN, &said).await.json()["lists"].clone();
    lists["packs"].as_array().cloned().unwrap_or_default()
}

/// What a pupil of year 9 would meet there.
pub(crate) async fn meets(school: &School, host: &str) -> String {
    let teacher = school.person("staff", "Ms Ray").await;
    school.get(&teacher, &format!("/policy/ask?url={host}&year=9")).await.html
}

pub(crate) fn many(from: usize, to: usize) -> String {
    (from..to).map(|number| format!("casino{number}.example\n")).collect()
}

#[tokio::test]
async fn a_file_becomes_a_proposal_and_then_the_lists_in_force() {
    let school = School::open().await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let (it, dsl) = (school.person("it_admin", "Priya Nair").await, school.person("dsl", "Mrs Ash").await);
    school.get(&it, "/lists").await.has("Sources of lists");
    school.post(&it, "/lists/propose", &[]).await.has("No source that is on has a list yet");

    let page = add(&school, &it, &[]).await;
    school.get(&it, &page).await.has("Casinos").has("Gambling").has("Nothing yet").has("multipart/form-data");
    let refused = async |file: &[u8], words: &str| {
        let done = post_file(&school, &it, &format!("{page}/file"), file).await;
        assert_eq!(done.status, StatusCode::UNPROCESSABLE_ENTITY);
        done.has(words).has("Nothing yet");
    };
    refused(b"", "Choose the file").await;
    refused(b"<html>\n<p>Please sign in\n", "another kind").await;
    refused(b"\x1f\x8bno gzip", "packed wrongly").await;
    // Where a table says it itself, the category is no less reserved than in the form.
    let table = add(&school, &it, &[("name", "Table"), ("kind", "csv"), ("category", "")]).await;
    for (category, words) in [("illegal", "licensed lists"), ("canary", "daily test")] {
        let text = format!("host,category\na.example,games\nb.example,{category}\n");
        let done = post_file(&school, &it, &format!("{table}/file"), text.as_bytes()).await;
        done.has("Line 3 of it cannot be used").has(words).has("Nothing yet").lacks("b.example");
    }
    school.post(&it, &format!("{table}/remove"), &[]).await;

    give(&school, &it, &page, &format!("{}co.uk\nhelp.test\n", many(0, 4_000))).await;
    school.get(&it, &page).await.has("4001 rules").has("A new state came");
    let (shown, proposal) = propose(&school, &it).await;
    shown
        .has("4001 rules come, 0 go")
        .has("casino0.example")
        .has("co.uk")
        .has("public suffix")
        .lacks("--suffix");
    shown.has("CC BY &#60;4&#62;").lacks("href=\"https://casino").lacks("help.test</a>");
    assert!(told(&device).await.is_empty(), "nothing is so before somebody says so");
    approve(&school, &dsl, &proposal).await;
    assert_eq!(told(&device).await.len(), 1);
    assert!(meets(&school, "www.casino7.example").await.contains("Is blocked."));
    school.get(&dsl, "/lists").await.has("Casinos").lacks("action=\"/lists/roll-back\"");
    school.get(&dsl, &page).await.has("4001 rules").lacks("<form method=\"post\" action=\"/lists");
    let auditor = school.person("auditor", "Mx Quill").await;
    let trail = school.get(&auditor, "/trail?kind=lists").await;
    trail.has("add source").has("give file").has("propose").has("publish").has("Mrs Ash");

    // A small change is published as one, and told by name before.
    school.post(&it, "/lists/propose", &[]).await.has("made of just this");
    give(&school, &it, &page, &format!("# a comment\n{}help.test\n", many(0, 4_000))).await;
    school.post(&it, "/lists/propose", &[]).await.has("no rule comes, goes");
    give(&school, &it, &page, &format!("{}new.test\n", many(0, 4_000))).await;
    let (shown, proposal) = propose(&school, &it).await;
    shown.has("1 rule comes, 1 goes").has("new.test").has("help.test");
    approve(&school, &it, &proposal).await;
    let packs = told(&device).await;
    assert_eq!(packs.len(), 2, "{packs:?}");
    assert!(meets(&school, "new.test").await.contains("Is blocked."));
    assert!(meets(&school, "help.test").await.contains("no list and no rule names it"));
    school.post(&it, &format!("{proposal}/approve"), &[]).await.has("waits no longer");

    // One press goes back; what is proposed next is compared with that, by name.
    let fields = [("version", packs[1]["version"].to_string()), ("reason", "a mistake".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(school.post(&it, "/lists/roll-back", &fields).await.location, "/lists");
    assert!(meets(&school, "help.test").await.contains("Is blocked."));
    let (shown, proposal) = propose(&school, &it).await;
    shown.has("1 rule comes, 1 goes").has("new.test");
    assert_eq!(school.post(&dsl, &format!("{proposal}/refuse"), &[]).await.location, "/lists");
    school.get(&it, "/lists/proposal").await.has("Nothing waits");
    assert!(meets(&school, "help.test").await.contains("Is blocked."));

    // A large change needs a whole pack, and says that nothing would be left of a kind.
    let other = add(&school, &it, &[("name", "Games"), ("kind", "csv"), ("category", "")]).await;
    let games: String = (0..900).map(|n| format!("game{n}.test,games\n")).collect();
    give(&school, &it, &other, &format!("host,category\n{games}")).await;
    assert_eq!(school.post(&it, &format!("{page}/remove"), &[]).await.location, "/lists/sources");
    let (shown, proposal) = propose(&school, &it).await;
    shown.has("900 rules come, 4001 go").has("Nothing would be left of: Gambling");
    approve(&school, &it, &proposal).await;
    assert_eq!(told(&device).await.len(), 1);
    assert!(meets(&school, "game7.test").await.contains("Games"));
    assert!(meets(&school, "casino7.example").await.contains("no list and no rule names it"));
    // Of lists, only what something is made of is kept.
    let kept = school.number("select count(distinct digest) from list_file").await;
    assert!((2..=3).contains(&kept), "{kept}");
}

#[tokio::test]
async fn what_it_writes_of_a_source_is_checked_and_comes_back_as_written() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let refused = async |more: &[(&str, &str)], words: &str| {
        let page = school.post(&it, "/lists/sources", &with(more)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{more:?}");
        page.has(words).has("A. Person");
    };
    refused(&[("name", "")], "Write what the list is called").await;
    refused(&[("kind", "knitting")], "Choose what kind").await;
    refused(&[("category", "")], "Choose what the sites").await;
    // Addresses of unlawful content do not lie in a database in clear.
    refused(&[("category", "illegal")], "Choose what the sites").await;
    for (url, words) in [
        ("lists.example", "Write a whole address"),
        ("http://lists.example/", "begins with https://"),
        ("https://me:secret@lists.example/", "no user name or password"),
        ("https://10.0.0.1/list", "private network"),
        ("https://169.254.169.254/latest", "private network"),
        ("https://[::1]/", "private network"),
    ] {
        refused(&[("url", url), ("refresh", "daily")], words).await;
    }
    refused(&[("url", "https://lists.example/"), ("refresh", "hourly")], "how often").await;
    let page = add(&school, &it, &[]).await;
    refused(&[("name", "casinos")], "Another source is called so").await;

    school.post(&it, &page, &[("name", "Betting"), ("category", "gambling")]).await;
    school.get(&it, &page).await.has("Betting").has("Off: its rules are in no proposal");
    school.post(&it, &page, &[("name", "")]).await.has("Write what the list is called");
    school.post(&it, &format!("{page}/fetch"), &[]).await.has("no address to be fetched from");
    let whole = school.post(&it, &format!("{page}/file"), &[("file", "x")]).await;
    assert_eq!(whole.status, StatusCode::BAD_REQUEST, "{}", whole.html);
    let large = post_file(&school, &it, &format!("{page}/file"), &vec![b'a'; 65 * 1024 * 1024]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);

    // Where schools share a relay, none has these pages.
    let neighbour = school.neighbour().await;
    let theirs = neighbour.person("it_admin", "Sam Field").await;
    for path in ["/lists/sources", "/lists/proposal", &page] {
        assert_eq!(neighbour.get(&theirs, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(neighbour.post(&theirs, "/lists/propose", &[]).await.status, StatusCode::NOT_FOUND);
    school.get(&it, "/lists").await.lacks("Sources of lists");
}

#[tokio::test]
async fn lists_that_were_made_elsewhere_are_compared_without_names_and_keep_what_only_they_hold() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let folder = tempfile::tempdir().unwrap();
    let key = school.database.folder.path().join("pack.key");
    let key = lapwing_packs::PackKey::open(&key, || Some([9; 32])).unwrap().0;
    let pack = |key: &lapwing_packs::PackKey, version: u64, phrases: Option<Lists>| {
        let (list, out) = (folder.path().join("list.txt"), folder.path().join("a.pack"));
        std::fs::write(&list, "old.test\nboth.test\n").unwrap();
        let sources = vec![format!("plain:gambling={}", list.display()).parse().unwrap()];
        let build =
            lapwing_packs::Build { sources, version, phrases, out: out.clone(), ..Default::default() };
        build.run(key).unwrap();
        std::fs::read(out).unwrap()
    };
    school.app.publish_lists(vec![pack(&key, 5, None)], &key.public()).await.unwrap();
    let page = add(&school, &it, &[]).await;
    give(&school, &it, &page, "both.test\nnew.test\n").await;
    let (shown, proposal) = propose(&school, &it).await;
    shown.has("1 rule comes, 1 goes").has("new.test").has("not made of sources").lacks("old.test");
    // The lists in force change behind its back.
    let starter = Lists::starter().unwrap();
    school.app.publish_lists(vec![pack(&key, 6, Some(starter))], &key.public()).await.unwrap();
    school.post(&it, &format!("{proposal}/approve"), &[]).await.has("others than when this was proposed");
    school.post(&it, "/lists/propose", &[]).await.has("also hold phrase lists, which");
    let other = lapwing_packs::PackKey::from_seed(&[5; 32]);
    school.app.publish_lists(vec![pack(&other, 7, None)], &other.public()).await.unwrap();
    school.post(&it, "/lists/propose", &[]).await.has("a key that this server does not have");
    // Where nothing comes of sources, their page says so: the schedule does not fetch them either.
    school
        .get(&it, "/lists/sources")
        .await
        .has("Nothing comes of them")
        .has("a key that this server does not have");
}

#[tokio::test]
async fn lists_made_here_never_take_the_place_of_licensed_ones_not_even_of_those_in_a_change() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let key = school.database.folder.path().join("pack.key");
    let key = lapwing_packs::PackKey::open(&key, || Some([9; 32])).unwrap().0;
    std::fs::write(at("iwf.txt"), "stand-in.example/a\n").unwrap();
    let spec = |text: String| -> lapwing_packs::sources::Spec { text.parse().unwrap() };
    let iwf = || spec(format!("iwf={}", at("iwf.txt").display()));

    // The whole pack is made here, and the change that lies on it at the command line.
    let page = add(&school, &it, &[]).await;
    give(&school, &it, &page, &many(0, 100)).await;
    let (_, proposal) = propose(&school, &it).await;
    approve(&school, &it, &proposal).await;
    let digest = school.text("select digest from pack").await;
    let request = Request::get(format!("/api/v1/lists/{digest}")).body(Body::empty()).unwrap();
    let response = school.router.clone().oneshot(request).await.unwrap();
    std::fs::write(at("base.pack"), response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    std::fs::write(at("list.txt"), many(0, 100)).unwrap();
    let old = || spec(format!("plain:gambling={}", at("list.txt").display()));
    give(&school, &it, &page, &many(0, 101)).await;
    let (_, waits) = propose(&school, &it).await;
    school.get(&it, "/lists/sources").await.lacks("Nothing comes of them");
    let version = u64::try_from(school.number("select max(version) from pack").await).unwrap() + 1;
    let delta = lapwing_packs::Delta {
        from: at("base.pack"),
        old: vec![old()],
        new: vec![old(), iwf()],
        version,
        out: at("change.pack"),
        ..Default::default()
    };
    delta.run(&key).unwrap();
    let change = std::fs::read(at("change.pack")).unwrap();
    school.app.publish_lists(vec![change], &key.public()).await.unwrap();
    let told = "also hold licensed lists of unlawful content, which only the command line puts in";
    school.post(&it, "/lists/propose", &[]).await.has(told);
    school.get(&it, "/lists/sources").await.has("Nothing comes of them").has(told);
    school.post(&it, &format!("{waits}/approve"), &[]).await.has("others than when this was proposed");

    // And so where all of it was made at the command line.
    let whole = lapwing_packs::Build {
        sources: vec![old(), iwf()],
        version: version + 1,
        out: at("whole.pack"),
        ..Default::default()
    };
    whole.run(&key).unwrap();
    let whole = std::fs::read(at("whole.pack")).unwrap();
    school.app.publish_lists(vec![whole], &key.public()).await.unwrap();
    school.post(&it, "/lists/propose", &[]).await.has(told);
}
