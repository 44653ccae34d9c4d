//! The inbox and the episode page: what waits, in what order, who may decide, and that a decision is made once.

use crate::school::{self, MINUTE, NOW, School, Seen, Told};
use axum::http::StatusCode;
use http_body_util::BodyExt as _;

#[tokio::test]
async fn what_cannot_wait_comes_first() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = school.device("LIB-04").await;
    let sorts = [
        ("gambling", "low", None, NOW - MINUTE),
        ("suicide", "medium", Some("active"), NOW - 50 * MINUTE),
        ("grooming", "critical", None, NOW - 40 * MINUTE),
        ("bullying", "high", None, NOW - 2 * MINUTE),
    ];
    for (category, severity, stage, at) in sorts {
        school.episode(&device, &Seen { category, severity, stage, at, ..Seen::default() }).await;
    }
    school.report(&Told::default()).await;
    let page = school.get(&dsl, "/inbox").await;
    assert_eq!(page.status, StatusCode::OK);
    let place =
        |text: &str| page.html.find(text).unwrap_or_else(|| panic!("{text} is missing from {}", page.html));
    let order = [
        place("id=\"now\""),
        place("Suicide: possible immediate danger"),
        place("Grooming"),
        place("Pupil’s report"),
        place("id=\"today\""),
        place("Bullying"),
        place("id=\"later\""),
        place("Gambling"),
    ];
    assert!(order.is_sorted(), "{order:?}");
    page.has("5 items").has("5 with nobody yet").has("unverified").has("Tuesday 24 November 2026, 8.24am");
}

#[tokio::test]
async fn a_report_that_nobody_has_opened_is_not_pushed_out_by_newer_ones() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let chosen = school.person("staff", "Mrs Okafor").await;
    let told = Told { identity: "anonymous", adult: Some(&chosen.id), ..Told::default() };
    let (first, second) = (school.report(&told).await, school.report(&told).await);
    school.sql("update pupil_report set status = 'seen' where id = $1", &[second.as_str().into()]).await;
    let newer = "insert into pupil_report (id, school_id, adult_id, identity, about, sealed, receipt_hash, written_at, \
                 received_at, status) with recursive n (i) as (select 1 union all select i + 1 from n where i < 204) \
                 select 'newer-' || cast(n.i as text), r.school_id, r.adult_id, r.identity, r.about, r.sealed, \
                 'newer-' || cast(n.i as text), r.written_at, r.received_at + n.i, 'replied' \
                 from pupil_report r cross join n where r.id = $1";
    school.sql(newer, &[first.as_str().into()]).await;
    let page = school.get(&dsl, "/inbox").await;
    page.has(&format!("/reports/{first}\"")).has(&format!("/reports/{second}\""));
    page.has("Not shown here: 6 more reports from pupils.").has("Nobody has opened it yet.");
    let page = school.get(&chosen, "/reports").await;
    page.has(&format!("/reports/{first}\"")).has(&format!("/reports/{second}\""));
}

#[tokio::test]
async fn alerts_that_nobody_has_are_not_pushed_out_by_those_that_somebody_has() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let (first, _) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    let newer = "insert into episode (id, school_id, device_id, account_hash, sealed, category, severity, rank, first_at, \
                 last_at, alerts, status, claimed_by, claimed_at) \
                 with recursive n (i) as (select 1 union all select i + 1 from n where i < 200) \
                 select 'newer-' || cast(n.i as text), e.school_id, e.device_id, 'newer-' || cast(n.i as text), e.sealed, \
                 e.category, e.severity, e.rank, e.first_at, e.last_at + n.i, 1, 'claimed', $2, e.last_at + n.i \
                 from episode e cross join n where e.id = $1";
    school.sql(newer, &[first.as_str().into(), dsl.id.as_str().into()]).await;
    let page = school.get(&dsl, "/inbox").await;
    page.has(&format!("/episodes/{first}\"")).has("Not shown here: 1 more group of alerts.");
}

#[tokio::test]
async fn the_list_alone_can_be_asked_for() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let empty = school.get(&dsl, "/inbox?part=list").await;
    empty.has("id=\"waiting\"").has("Nothing waits").lacks("<html");
}

#[tokio::test]
async fn an_episode_shows_everything_that_explains_it_and_marks_the_words() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = school.device("LIB-04").await;
    let (episode, alert) = school.episode(&device, &Seen::default()).await;
    school.episode(&device, &Seen { category: "hate", at: NOW - 900 * MINUTE, ..Seen::default() }).await;
    let page = school.get(&dsl, &format!("/episodes/{episode}")).await;
    page.has("<mark>nobody likes you</mark>, go away")
        .has("https://chat.example/room")
        .has("bullying.nobody-likes-you")
        .has("A cruel message to another pupil.")
        .has("It speaks to somebody.")
        .has("LIB-04")
        .has("Hate and discrimination")
        .lacks("href=\"https://");
    assert_eq!(school.number("select count(*) from audit_event where action = 'view'").await, 1);
    let alert = school.get(&dsl, &format!("/alerts/{alert}")).await;
    assert!(alert.status.is_redirection() && alert.location.starts_with(&format!("/episodes/{episode}#")));
}

#[tokio::test]
async fn what_a_leaver_or_mover_had_taken_is_nobodys_again_and_its_trail_says_so() {
    let school = School::open().await;
    let (dsl, it) = (school.person("dsl", "Mrs Adeyemi").await, school.person("it_admin", "Ian").await);
    let (leaver, mover) =
        (school.person("dsl", "Mr Lee").await, school.person("deputy_dsl", "Ms Moor").await);
    let device = school.device("LIB-04").await;
    for (who, category) in [(&leaver, "hate"), (&mover, "bullying")] {
        let (episode, _) = school.episode(&device, &Seen { category, ..Seen::default() }).await;
        school.post(who, &format!("/episodes/{episode}/claim"), &[("from", "")]).await;
    }
    assert_eq!(school.number("select count(*) from episode where status = 'claimed'").await, 2);
    school.post(&it, &format!("/people/{}/close", leaver.id), &[]).await;
    school.post(&dsl, &format!("/people/{}/role", mover.id), &[("role", "staff")]).await;
    assert_eq!(school.number("select count(*) from episode where status = 'claimed'").await, 0);
    let noted = "select count(*) from audit_event a join episode e on e.id = a.object_id \
                 where a.action = 'let_go' and a.object_kind = 'episode'";
    assert_eq!(school.number(noted).await, 2);
}

#[tokio::test]
async fn only_one_of_two_claims_wins() {
    let school = School::open().await;
    let (one, two) = (school.person("dsl", "Mrs Adeyemi").await, school.person("dsl", "Mr Price").await);
    let (episode, _) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    let claim = format!("/episodes/{episode}/claim");
    let won = school.post(&one, &claim, &[("from", "")]).await;
    assert_eq!(won.status, StatusCode::SEE_OTHER, "{}", won.html);
    let lost = school.post(&two, &claim, &[("from", "")]).await;
    lost.has("This changed while you were reading it").has("Mrs Adeyemi has this");
    school.get(&two, "/inbox").await.has("Mrs Adeyemi has it").has("all with somebody");
    let over = school.post(&two, &claim, &[("from", &one.id)]).await;
    assert_eq!(over.status, StatusCode::SEE_OTHER);
    school.get(&two, &format!("/episodes/{episode}")).await.has("You have this");
    assert_eq!(school.number("select count(*) from audit_event where action = 'claim'").await, 2);
}

#[tokio::test]
async fn what_a_leaver_had_taken_is_nobodys_again() {
    let school = School::open().await;
    let two = school.person("dsl", "Mr Price").await;
    let device = school.device("LIB-04").await;
    for (path, fields) in [("role", vec![("role", "staff")]), ("close", Vec::new())] {
        let one = school.person("dsl", "Mrs Adeyemi").await;
        let (episode, _) =
            school.episode(&device, &Seen { account: &format!("{path}@x"), ..Seen::default() }).await;
        school.post(&one, &format!("/episodes/{episode}/claim"), &[("from", "")]).await;
        school.get(&two, "/inbox").await.has("Mrs Adeyemi has it");
        let gone = school.post(&two, &format!("/people/{}/{path}", one.id), &fields).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.html);
        school.get(&two, "/inbox").await.lacks("Mrs Adeyemi has it").has("Nobody has it yet");
    }
}

#[tokio::test]
async fn a_dismissal_needs_a_reason_and_can_be_taken_back() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let (episode, _) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    let dismiss = format!("/episodes/{episode}/dismiss");
    let missing = school.post(&dsl, &dismiss, &[("note", "kept words")]).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    missing.has("href=\"#reason\"").has("kept words").has("<title>Error: ");
    let other = school.post(&dsl, &dismiss, &[("reason", "other")]).await;
    other.has("href=\"#note\"");
    let done =
        school.post(&dsl, &dismiss, &[("shown", "1"), ("reason", "schoolwork"), ("note", "Set text")]).await;
    assert_eq!((done.status, done.location.as_str()), (StatusCode::SEE_OTHER, "/inbox"));
    school.get(&dsl, "/inbox").await.has("Nothing waits");
    school.get(&dsl, "/inbox/done").await.has("Dismissed by Mrs Adeyemi: School work");
    let again = school.post(&dsl, &dismiss, &[("reason", "joke")]).await;
    again.has("This changed while you were reading it").has("School work");
    let back = school.post(&dsl, &format!("/episodes/{episode}/reopen"), &[]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    school.get(&dsl, "/inbox").await.has("Mrs Adeyemi has it");
    assert_eq!(
        school.number("select count(*) from audit_event where action in ('dismiss', 'reopen')").await,
        2
    );
}

#[tokio::test]
async fn an_episode_is_not_dismissed_over_an_alert_that_nobody_has_read() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = school.device("LIB-04").await;
    let (episode, _) = school.episode(&device, &Seen::default()).await;
    let (path, dismiss) = (format!("/episodes/{episode}"), format!("/episodes/{episode}/dismiss"));
    let shown = school.get(&dsl, &path).await.value("shown");
    let worse = Seen { excerpt: "bring it tomorrow or else", at: NOW - MINUTE, ..Seen::default() };
    assert_eq!(school.episode(&device, &worse).await.0, episode, "it joins");
    for shown in [shown.as_str(), ""] {
        let fields = [("shown", shown), ("reason", "joke"), ("note", "Two friends.")];
        let page = school.post(&dsl, &dismiss, &fields).await;
        page.has("This changed while you were reading it").has("bring it tomorro").has("Two friends.");
    }
    school.get(&dsl, "/inbox").await.has(&path);

    // A concern is recorded all the same, and leaves the episode where somebody sees it.
    let id = school::id();
    let concern = [
        ("id", id.as_str()),
        ("episode", &episode),
        ("shown", &shown),
        ("person_name", "Amira Khan"),
        ("person_year", "Year 9"),
        ("person_role", "subject"),
        ("occurred_precision", "unknown"),
        ("seen_heard", "Lapwing raised an alert."),
    ];
    let sent = school.post(&dsl, "/concerns/new", &concern).await;
    school.get(&dsl, &sent.location).await.has("is recorded").has("What it was made from still waits");
    school.get(&dsl, "/inbox").await.has(&path);
    let shown = school.get(&dsl, &path).await.value("shown");
    let done = school.post(&dsl, &dismiss, &[("shown", &shown), ("reason", "known")]).await;
    assert_eq!(done.location, "/inbox", "{}", done.html);
    school.get(&dsl, "/inbox").await.lacks(&path);
}

#[tokio::test]
async fn another_school_finds_nothing() {
    let school = School::open().await;
    let (episode, alert) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    let report = school.report(&Told::default()).await;
    let ash = school.neighbour().await;
    let stranger = ash.person("dsl", "Mr Stone").await;
    let audited = "select count(*) from audit_event where object_kind <> 'school'";
    let before = school.number(audited).await;
    for path in [format!("/episodes/{episode}"), format!("/alerts/{alert}"), format!("/reports/{report}")] {
        let page = school.get(&stranger, &path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.lacks("nobody likes").lacks("after school");
    }
    for path in [format!("/episodes/{episode}/claim"), format!("/episodes/{episode}/reopen")] {
        assert_eq!(school.post(&stranger, &path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let dismissal =
        school.post(&stranger, &format!("/episodes/{episode}/dismiss"), &[("reason", "joke")]).await;
    assert_eq!(dismissal.status, StatusCode::NOT_FOUND);
    school.get(&stranger, "/inbox").await.has("Nothing waits");
    assert_eq!(school.number(audited).await, before, "nothing was done, and nothing was read");
}

#[tokio::test]
async fn an_open_page_hears_of_a_change_and_of_its_sessions_end() {
    let school = School::open().await;
    let (one, two) = (school.person("dsl", "Mrs Adeyemi").await, school.person("dsl", "Mr Price").await);
    let (episode, _) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    let mut body = school.stream(&one, "/inbox/events").await.into_body();
    school.post(&two, &format!("/episodes/{episode}/claim"), &[("from", "")]).await;
    let heard = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(String::from_utf8_lossy(&heard), "event: change\ndata: inbox\n\n");

    school.sql("update account set disabled_at = 1 where id = $1", &[one.id.as_str().into()]).await;
    let joke = [("shown", "1"), ("reason", "joke")];
    school.post(&two, &format!("/episodes/{episode}/dismiss"), &joke).await;
    let end = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(String::from_utf8_lossy(&end), "event: end\ndata: signed out\n\n");
    assert!(body.frame().await.is_none(), "the stream goes on after its session ended");
}
