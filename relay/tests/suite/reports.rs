//! Pupils' reports: who may read them, who may know the name, and the conversation.

use super::walls::share;
use crate::school::{self, School, Seen, Told};
use axum::http::StatusCode;

#[tokio::test]
async fn a_name_in_confidence_is_seen_by_the_chosen_adult_alone() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let chosen = school.person("staff", "Mrs Okafor").await;
    let other = school.person("staff", "Mr Bloggs").await;
    let told = Told { adult: Some(&chosen.id), identity: "confidant", ..Told::default() };
    let report = school.report(&told).await;
    let path = format!("/reports/{report}");

    let shown = school.get(&dsl, &path).await;
    shown.has("Name known only to Mrs Okafor").has("They wait for me after school.").lacks("Amira");
    school.get(&dsl, "/inbox").await.has("Name given in confidence to Mrs Okafor").lacks("Amira");
    school.get(&dsl, &format!("/concerns/new?report={report}")).await.has("They wait for me").lacks("Amira");
    school.get(&chosen, &path).await.has("Amira Khan").has("for you alone");
    school.get(&chosen, "/reports").await.has(&path).has("Name given in confidence");
    assert_eq!(school.get(&other, &path).await.status, StatusCode::NOT_FOUND);
    school.get(&other, "/reports").await.has("No pupil has written to you");
}

#[tokio::test]
async fn a_name_in_confidence_passes_on_when_the_chosen_adult_cannot_open_the_report() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let reader = school.person("staff", "Mr Bloggs").await;
    let passed =
        "select count(*) from audit_event where action = 'view' and detail like '%name_in_confidence%'";
    for how in [
        "update account set disabled_at = 1 where id = $1",
        "update account set role = 'governor' where id = $1",
        "update account set role = 'trust_lead' where id = $1",
    ] {
        let chosen = school.person("staff", "Mrs Okafor").await;
        let told = Told { adult: Some(&chosen.id), identity: "confidant", ..Told::default() };
        let path = format!("/reports/{}", school.report(&told).await);
        let before = school.number(passed).await;
        school.get(&dsl, &path).await.has("Mrs Okafor can read this report too").lacks("Amira");
        assert_eq!(school.number(passed).await, before);

        school.sql(how, &[chosen.id.as_str().into()]).await;
        let shown = school.get(&dsl, &path).await;
        shown.has("Amira Khan").has("Mrs Okafor, who can no longer open this report").lacks("can read this");
        assert_eq!(school.number(passed).await, before + 1, "{how}: the reading is noted");
        // Lists name nobody, and a colleague with whom it is only shared is told no name.
        school.get(&dsl, "/inbox").await.has("Name given in confidence to Mrs Okafor").lacks("Amira");
        let id = path.rsplit('/').next().unwrap();
        let shared = share(&school, &dsl, "report", id, &reader, "read", "2026-11-26").await;
        assert_eq!(shared.status, StatusCode::SEE_OTHER, "{}", shared.html);
        let shown = school.get(&reader, &path).await;
        shown.has("Name given in confidence to Mrs Okafor").lacks("Amira").lacks("can read this");
    }
}

#[tokio::test]
async fn a_name_in_confidence_passes_on_when_the_chosen_adult_is_walled_off() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let chosen = school.person("staff", "Mrs Okafor").await;
    let told = Told { adult: Some(&chosen.id), identity: "confidant", ..Told::default() };
    let report = school.report(&told).await;
    let form = school.get(&dsl, &format!("/concerns/new?report={report}")).await;
    let (id, named) = (form.value("id"), "Mrs Okafor");
    let fields = [
        ("id", id.as_str()),
        ("report", &report),
        ("person_name", named),
        ("person_role", "adult_named"),
        ("occurred_precision", "unknown"),
        ("seen_heard", "A pupil wrote a report in Lapwing."),
        ("told_dsl", "yes"),
    ];
    let made = school.post(&dsl, "/concerns/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.html);
    let path = format!("/reports/{report}");
    assert_eq!(school.get(&chosen, &path).await.status, StatusCode::NOT_FOUND);
    school.get(&dsl, &path).await.has("Amira Khan").has("who can no longer open this report");
}

/// A name that nobody can read is a child whom nobody can find: with every safeguarding lead walled off it is the head's,
/// and with the head too, theirs who comes from the trust to look.
#[tokio::test]
async fn a_name_in_confidence_passes_to_whoever_is_the_last_to_work_on_it() {
    let school = School::open().await;
    school.join_trust("Park Trust").await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let head = school.person("head", "Mr Okoro").await;
    let chosen = school.person("staff", "Mrs Okafor").await;
    let trust = school.person("trust_lead", "Mx Trust").await;
    let told = Told { adult: Some(&chosen.id), identity: "confidant", ..Told::default() };
    let report = school.report(&told).await;
    let path = format!("/reports/{report}");
    let form = school.get(&chosen, &format!("/concerns/new?report={report}")).await;
    let id = form.value("id");
    let fields = [
        ("id", id.as_str()),
        ("report", &report),
        ("shown", "0"),
        ("person_name", "Mrs Adeyemi"),
        ("person_role", "adult_named"),
        ("occurred_precision", "unknown"),
        ("seen_heard", "A pupil wrote a report in Lapwing."),
        ("told_dsl", "no"),
    ];
    let made = school.post(&chosen, "/concerns/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.html);
    let passed =
        "select count(*) from audit_event where action = 'view' and detail like '%name_in_confidence%'";
    assert_eq!(school.get(&dsl, &path).await.status, StatusCode::NOT_FOUND);
    // The head deals with it, and the name is still the chosen adult's alone.
    school.get(&head, &path).await.has("They wait for me after school.").lacks("Amira");
    assert_eq!(school.number(passed).await, 0);
    school.sql("update account set disabled_at = 1 where id = $1", &[chosen.id.as_str().into()]).await;
    school.get(&head, &path).await.has("Amira Khan").has("Mrs Okafor, who can no longer open this report");
    assert_eq!(school.number(passed).await, 1);
    // A pupil who writes again is heard, and answered.
    school.write_again(&report, "Are you there?").await;
    school.get(&head, "/inbox").await.has(&path);
    let answer = [("id", &*school::id()), ("text", "I am. Come to my office.")];
    assert_eq!(school.post(&head, &format!("{path}/reply"), &answer).await.status, StatusCode::SEE_OTHER);
    school.get(&head, &format!("/concerns/{id}")).await.lacks("Amira");
    assert_eq!(school.number(passed).await, 1);

    // Then the head is named as well.
    let named = "insert into named (id, school_id, concern_id, account_id, name_key, by_id, at) \
                 select 'n', school_id, id, $1, '', reporter_id, 1 from concern";
    school.sql(named, &[head.id.as_str().into()]).await;
    assert_eq!(school.get(&head, &path).await.status, StatusCode::NOT_FOUND);
    let asked = [("record", "1"), ("reason", "Nobody at the school can look.")];
    let opened = school.post(&trust, &format!("/trust/{}/break-glass", school.id), &asked).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.html);
    school.get(&trust, &opened.location).await.has("They wait for me after school.").has("Amira Khan");
    assert_eq!(school.number(passed).await, 2, "and that is noted");
}

#[tokio::test]
async fn the_first_opening_is_what_the_pupil_sees() {
    let school = School::open().await;
    let (one, two) = (school.person("dsl", "Mrs Adeyemi").await, school.person("dsl", "Mr Price").await);
    let report = school.report(&Told::default()).await;
    school.get(&one, &format!("/reports/{report}")).await.has("by Mrs Adeyemi");
    school.advance(5);
    school
        .get(&two, &format!("/reports/{report}"))
        .await
        .has("9.14am</time>, by Mrs Adeyemi")
        .lacks("</time>, by Mr Price");
    assert_eq!(
        school
            .number("select count(*) from pupil_report where status = 'seen' and seen_at is not null")
            .await,
        1
    );
    assert_eq!(school.number("select count(*) from audit_event where action = 'view'").await, 2);
}

/// The form for a concern holds the report's or the alert's words: whoever has seen it has read them.
#[tokio::test]
async fn whoever_reads_it_in_the_form_for_a_concern_has_opened_it() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let report = school.report(&Told::default()).await;
    let (episode, _) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    for (name, id, noted) in [
        (
            "report",
            &report,
            "select count(*) from audit_event where action = 'view' and object_kind = 'pupil_report'",
        ),
        (
            "episode",
            &episode,
            "select count(*) from audit_event where action = 'view' and object_kind = 'episode'",
        ),
    ] {
        assert_eq!(school.number(noted).await, 0);
        school.get(&dsl, &format!("/concerns/new?{name}={id}")).await.has("Record");
        assert_eq!(school.number(noted).await, 1, "{name}");
    }
    let seen = "select count(*) from pupil_report where seen_at is not null and status = 'seen'";
    assert_eq!(school.number(seen).await, 1, "and the pupil is told that it was");
}

#[tokio::test]
async fn an_answer_is_sent_once_and_an_empty_one_not_at_all() {
    let school = School::open().await;
    let chosen = school.person("staff", "Mrs Okafor").await;
    let report = school.report(&Told { adult: Some(&chosen.id), ..Told::default() }).await;
    let page = school.get(&chosen, &format!("/reports/{report}")).await;
    let reply = format!("/reports/{report}/reply");
    let empty = school.post(&chosen, &reply, &[("id", &page.value("id")), ("text", "  ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.has("href=\"#text\"");
    let id = page.value("id");
    for _ in 0..2 {
        let sent = school.post(&chosen, &reply, &[("id", &id), ("text", "Thank you for telling me.")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.html);
    }
    assert_eq!(school.number("select count(*) from message where voice = 'staff'").await, 1);
    assert_eq!(school.number("select count(*) from pupil_report where status = 'replied'").await, 1);
    school.get(&chosen, &format!("/reports/{report}")).await.has("Thank you for telling me.");
    let other = school.post(&chosen, &reply, &[("id", &id), ("text", "Come and see me.")]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    other.has("This form was sent before").has("Come and see me.</textarea>");
    assert_eq!(school.number("select count(*) from message where voice = 'staff'").await, 1);
    let forged = school.post(&chosen, &reply, &[("id", "nonsense"), ("text", "hello")]).await;
    assert_eq!(forged.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_answer_that_crossed_the_pupils_next_words_does_not_file_them_as_answered() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let report = school.report(&Told::default()).await;
    let page = school.get(&dsl, &format!("/reports/{report}")).await;
    school.write_again(&report, "I have taken them.").await;
    let inbox = school.get(&dsl, "/inbox").await;
    inbox.has("The pupil has written again.").has("1 with nobody yet");
    let (id, shown) = (page.value("id"), page.value("shown"));
    let fields = [("id", id.as_str()), ("text", "Come and see me at lunch."), ("shown", shown.as_str())];
    let reply = format!("/reports/{report}/reply");
    assert_eq!(school.post(&dsl, &reply, &fields).await.status, StatusCode::SEE_OTHER);
    let inbox = school.get(&dsl, "/inbox").await;
    inbox.has("The pupil wrote again before the last answer was sent.").lacks("It waits for the pupil");
    let page = school.get(&dsl, &format!("/reports/{report}")).await;
    page.has("I have taken them.").has("Come and see me at lunch.");
    let (id, shown) = (page.value("id"), page.value("shown"));
    let fields = [("id", id.as_str()), ("text", "I am on my way."), ("shown", shown.as_str())];
    assert_eq!(school.post(&dsl, &reply, &fields).await.status, StatusCode::SEE_OTHER);
    school.get(&dsl, "/inbox").await.has("It waits for the pupil");
}

#[tokio::test]
async fn nobody_else_answers_or_closes() {
    let school = School::open().await;
    let chosen = school.person("staff", "Mrs Okafor").await;
    let other = school.person("staff", "Mr Bloggs").await;
    let report = school.report(&Told { adult: Some(&chosen.id), ..Told::default() }).await;
    let id = school::id();
    let reply =
        school.post(&other, &format!("/reports/{report}/reply"), &[("id", &id), ("text", "hello")]).await;
    let close = school.post(&other, &format!("/reports/{report}/close"), &[]).await;
    assert_eq!((reply.status, close.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(school.number("select count(*) from message").await, 0);
    let closed = school.post(&chosen, &format!("/reports/{report}/close"), &[("shown", "0")]).await;
    assert_eq!(closed.location, "/reports");
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    school.get(&dsl, "/inbox").await.has("Nothing waits");
    school.get(&dsl, "/inbox/done").await.has("Closed");
}

#[tokio::test]
async fn a_report_is_not_closed_over_words_that_nobody_has_read() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let report = school.report(&Told::default()).await;
    let (path, close) = (format!("/reports/{report}"), format!("/reports/{report}/close"));
    let shown = school.get(&dsl, &path).await.value("shown");
    school.write_again(&report, "It was worse today.").await;
    for fields in [vec![("shown", shown.as_str())], Vec::new(), vec![("shown", "many")]] {
        let page = school.post(&dsl, &close, &fields).await;
        page.has("This changed while you were reading it").has("It was worse today.");
    }
    school.get(&dsl, "/inbox").await.has(&path);
    let shown = school.get(&dsl, &path).await.value("shown");
    for _ in 0..2 {
        assert_eq!(school.post(&dsl, &close, &[("shown", &shown)]).await.location, "/inbox");
    }
    school.get(&dsl, "/inbox").await.has("Nothing waits");
    assert_eq!(school.number("select count(*) from audit_event where action = 'close'").await, 1);
    school.write_again(&report, "And again.").await;
    school.get(&dsl, "/inbox").await.has(&path);
}

#[tokio::test]
async fn a_concern_leaves_a_report_open_whose_last_words_nobody_has_read() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let report = school.report(&Told::default()).await;
    let path = format!("/reports/{report}");
    let make = async |came: bool| {
        let page = school.get(&dsl, &path).await;
        let link = page.html.split("href=\"").find(|rest| rest.starts_with("/concerns/new?report=")).unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        let form = school.get(&dsl, &link).await;
        if came {
            school.write_again(&report, "It was worse today.").await;
        }
        let (id, shown) = (form.value("id"), form.value("shown"));
        let fields = [
            ("id", id.as_str()),
            ("report", &report),
            ("shown", &shown),
            ("person_name", "Amira Khan"),
            ("person_year", "Year 9"),
            ("person_role", "subject"),
            ("occurred_precision", "unknown"),
            ("seen_heard", "A pupil wrote a report in Lapwing."),
        ];
        let sent = school.post(&dsl, "/concerns/new", &fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.html);
        school.get(&dsl, &sent.location).await
    };
    make(true).await.has("What it was made from still waits").has(&path);
    school.get(&dsl, "/inbox").await.has(&path);
    make(false).await.lacks("What it was made from still waits");
    school.get(&dsl, "/inbox").await.lacks(&path);
    assert_eq!(school.number("select count(*) from concern").await, 2);
}
