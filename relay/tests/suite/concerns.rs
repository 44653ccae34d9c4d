//! Concerns: recording one, what comes back when something is missing, who sees what, and what is done about it.

use crate::school::{self, School, Seen, Told};
use axum::http::StatusCode;

const WHOLE: &[(&str, &str)] = &[
    ("person_name", "Amira Khan"),
    ("person_year", "Year 9"),
    ("person_role", "subject"),
    ("person_name", "Tom Bell"),
    ("person_year", "Year 10"),
    ("person_role", "alleged_harming"),
    ("occurred_date", "2026-11-23"),
    ("occurred_time", "15:40"),
    ("occurred_precision", "exact"),
    ("place", "Bus stop on Mill Lane"),
    ("seen_heard", "Tom took her bag and threw it over the wall."),
    ("childs_words", "He does it every day."),
    ("view", "She seemed used to it."),
    ("done_so_far", "Walked her home."),
    ("category", ""),
    ("told_dsl", "no"),
];

fn with<'a>(id: &'a str, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("id", id)];
    all.extend_from_slice(fields);
    all
}

async fn recorded(school: &School, who: &school::Person) -> String {
    let form = school.get(who, "/concerns/new").await;
    let sent = school.post(who, "/concerns/new", &with(&form.value("id"), WHOLE)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.html);
    sent.location.trim_start_matches("/concerns/").trim_end_matches("/recorded").to_owned()
}

#[tokio::test]
async fn a_concern_is_recorded_once_and_its_reporter_hears_what_comes_next() {
    let school = School::open().await;
    school.person("dsl", "Mrs Adeyemi").await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    let form = school.get(&teacher, "/concerns/new").await;
    let id = form.value("id");
    for _ in 0..2 {
        let sent = school.post(&teacher, "/concerns/new", &with(&id, WHOLE)).await;
        assert_eq!(sent.location, format!("/concerns/{id}/recorded"), "{}", sent.html);
    }
    assert_eq!(school.number("select count(*) from concern").await, 1);
    assert_eq!(school.number("select count(*) from involvement").await, 2);
    assert_eq!(school.number("select count(*) from audit_event where action = 'create'").await, 1);
    school
        .get(&teacher, &format!("/concerns/{id}/recorded"))
        .await
        .has("Concern 1 is recorded")
        .has("Tell a safeguarding lead in person now")
        .has("Mrs Adeyemi")
        .has("999");
}

#[tokio::test]
async fn a_form_that_was_mended_and_sent_again_is_not_called_recorded() {
    let school = School::open().await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    let id = recorded(&school, &teacher).await;
    for (field, word) in [
        ("person_name", "Amina Kahn"),
        ("person_year", "Year 8"),
        ("person_role", "harmed"),
        ("occurred_date", "2026-11-22"),
        ("occurred_time", "15:45"),
        ("occurred_precision", "approximate"),
        ("place", "Bus stop on Hill Lane"),
        ("seen_heard", "Tom took her coat."),
        ("childs_words", "He did it twice."),
        ("view", "She was upset."),
        ("done_so_far", "Rang her mother."),
        ("category", "bullying"),
        ("told_dsl", "yes"),
    ] {
        let mut fields = with(&id, WHOLE);
        fields.iter_mut().find(|(name, _)| *name == field).unwrap().1 = word;
        let back = school.post(&teacher, "/concerns/new", &fields).await;
        assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        back.has("This form was sent before").has(word);
        assert_ne!(back.value("id"), id);
        assert_eq!(school.number("select count(*) from concern").await, 1);
    }
    let mut fields = with(&id, WHOLE);
    fields[1].1 = "Amina Kahn";
    let fresh = school.post(&teacher, "/concerns/new", &fields).await.value("id");
    fields[0].1 = &fresh;
    let sent = school.post(&teacher, "/concerns/new", &fields).await;
    assert_eq!(sent.location, format!("/concerns/{fresh}/recorded"), "{}", sent.html);
    school.get(&teacher, &sent.location).await.has("Amina Kahn");
    // A name is kept as it was first written, so another spelling of the same name is the same form.
    fields[1].1 = "AMINA  kahn";
    assert_eq!(school.post(&teacher, "/concerns/new", &fields).await.location, sent.location);
}

/// What a form was made from, and what it is about, are parts of it as well; what a lead made of that since is not.
#[tokio::test]
async fn a_form_of_another_origin_or_category_under_a_used_id_comes_back() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let report = school.report(&Told::default()).await;
    let id = school::id();
    let mut fields = with(&id, WHOLE);
    fields.iter_mut().find(|(name, _)| *name == "category").unwrap().1 = "bullying";
    fields.extend([("report", report.as_str()), ("shown", "0")]);
    let sent = school.post(&dsl, "/concerns/new", &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.html);
    let moved = school.post(&dsl, &format!("/concerns/{id}/category"), &[("category", "suicide")]).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    let again = school.post(&dsl, "/concerns/new", &fields).await;
    assert_eq!(again.location, sent.location, "it is the same form, whatever a lead has said since");
    for changed in [("category", "suicide"), ("report", "")] {
        let mut other = fields.clone();
        other.iter_mut().find(|(name, _)| *name == changed.0).unwrap().1 = changed.1;
        let back = school.post(&dsl, "/concerns/new", &other).await;
        assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY, "{changed:?}");
        back.has("This form was sent before");
    }
    assert_eq!(school.number("select count(*) from concern").await, 1);
}

#[tokio::test]
async fn a_note_that_was_mended_and_sent_again_comes_back() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let concern = recorded(&school, &dsl).await;
    for (path, field) in [("note", "note"), ("feedback", "feedback")] {
        let (path, id) = (format!("/concerns/{concern}/{path}"), school::id());
        for _ in 0..2 {
            let added = school.post(&dsl, &path, &[("id", &id), (field, "Rang the mother.")]).await;
            assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.html);
        }
        let back = school.post(&dsl, &path, &[("id", &id), (field, "Rang the father.")]).await;
        assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
        back.has("This form was sent before").has("Rang the father.</textarea>");
    }
    assert_eq!(school.number("select count(*) from entry").await, 2);
}

#[tokio::test]
async fn a_form_with_something_missing_loses_nothing() {
    let school = School::open().await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    let fields: Vec<_> =
        WHOLE.iter().copied().filter(|(name, _)| !["told_dsl", "seen_heard"].contains(name)).collect();
    let back = school.post(&teacher, "/concerns/new", &with(&school::id(), &fields)).await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
    back.has("href=\"#seen_heard\"")
        .has("href=\"#told_dsl\"")
        .has("id=\"told_dsl\"")
        .has("There is a problem");
    for (name, value) in fields {
        if !name.starts_with("person_r") && name != "occurred_precision" {
            back.has(value);
        }
    }
    back.has("<option value=\"alleged_harming\" selected>").has("value=\"exact\" checked");
    assert_eq!(school.number("select count(*) from concern").await, 0);
}

#[tokio::test]
async fn one_more_person_can_be_added_without_a_script() {
    let school = School::open().await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    school.get(&teacher, "/concerns/new").await.has("person-3-name").lacks("person-4-name");
    let mut fields = with("0199b1c2-0000-7000-8000-000000000001", WHOLE);
    fields.extend([("person_name", ""), ("person_year", ""), ("person_role", ""), ("add_person", "1")]);
    let more = school.post(&teacher, "/concerns/new", &fields).await;
    assert_eq!(more.status, StatusCode::OK);
    more.has("person-4-name").has("Tom Bell").has("He does it every day.").lacks("There is a problem");
    assert_eq!(school.number("select count(*) from concern").await, 0);
}

#[tokio::test]
async fn a_reporter_sees_their_own_words_status_and_feedback_and_others_see_nothing() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let (teacher, other) =
        (school.person("staff", "Mr Bloggs").await, school.person("staff", "Ms Ray").await);
    let id = recorded(&school, &teacher).await;
    let path = format!("/concerns/{id}");
    let page = school.get(&dsl, &path).await;
    page.has("Amira Khan (Year 9)").has("May have caused harm").has("Monday 23 November 2026, 3.40pm");

    let note =
        school.post(&dsl, &format!("{path}/note"), &[("id", &school::id()), ("note", "Rang home.")]).await;
    let word = [("id", school::id()), ("feedback", "Thank you. We spoke to her.".into())];
    let word = word.each_ref().map(|(name, value)| (*name, value.as_str()));
    for _ in 0..2 {
        school.post(&dsl, &format!("{path}/feedback"), &word).await;
    }
    assert_eq!(note.status, StatusCode::SEE_OTHER);
    assert_eq!(school.number("select count(*) from entry").await, 2);
    let own = school.get(&teacher, &path).await;
    own.has("He does it every day.")
        .has("Thank you. We spoke to her.")
        .lacks("Rang home.")
        .lacks("Acknowledge");
    for path in [path.clone(), format!("{path}/recorded")] {
        assert_eq!(school.get(&other, &path).await.status, StatusCode::NOT_FOUND);
    }
    school.get(&other, "/concerns").await.lacks("Amira");
    school.get(&other, "/concerns/new").await.lacks("Amira");
    school.get(&teacher, "/concerns/new").await.has("Amira Khan");
}

#[tokio::test]
async fn a_concern_moves_only_along_its_statuses() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    let id = recorded(&school, &teacher).await;
    let path = format!("/concerns/{id}/status");
    let step = async |from: &str, to: &str, text: &str| {
        let fields = [("id", school::id()), ("from", from.into()), ("to", to.into()), ("text", text.into())];
        school.post(&dsl, &path, &fields.each_ref().map(|(name, value)| (*name, value.as_str()))).await
    };
    school.get(&dsl, "/inbox").await.has("Concern 1 from Mr Bloggs");
    assert_eq!(step("new", "acknowledged", "").await.status, StatusCode::SEE_OTHER);
    school.get(&dsl, "/inbox").await.has("Nothing waits");
    school.get(&teacher, "/concerns").await.has("Read by the safeguarding lead");
    step("new", "acknowledged", "").await;
    assert_eq!(school.number("select count(*) from entry").await, 1, "a second pressing adds nothing");
    assert_eq!(step("acknowledged", "new", "").await.status, StatusCode::BAD_REQUEST);
    let why = step("acknowledged", "closed", " ").await;
    assert_eq!(why.status, StatusCode::UNPROCESSABLE_ENTITY);
    why.has("href=\"#text\"");
    assert_eq!(step("acknowledged", "closed", "Spoke to both families.").await.status, StatusCode::SEE_OTHER);
    school
        .get(&dsl, &format!("/concerns/{id}"))
        .await
        .has("Closed. Spoke to both families.")
        .has("Open it again");
    school.get(&dsl, "/concerns?status=closed").await.has("Concern 1");
    school.get(&dsl, "/concerns?status=new").await.lacks("Concern 1</a>");
    assert_eq!(step("closed", "open", "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_outcome_comes_back_when_somebody_else_moved_the_concern() {
    let school = School::open().await;
    let (one, two) = (school.person("dsl", "Mrs Adeyemi").await, school.person("dsl", "Mr Price").await);
    let concern = recorded(&school, &one).await;
    let path = format!("/concerns/{concern}/status");
    let step = async |who: &school::Person, id: &str, from: &str, to: &str, text: &str| {
        school.post(who, &path, &[("id", id), ("from", from), ("to", to), ("text", text)]).await
    };
    let outcome = "Spoke to both families.";
    step(&two, &school::id(), "new", "acknowledged", "").await;
    let lost = step(&one, &school::id(), "new", "closed", outcome).await;
    lost.has("This changed while you were reading it").has(outcome).has("value=\"acknowledged\"");
    assert_eq!(school.number("select count(*) from concern where status = 'closed'").await, 0);

    // What is sent from the page that came back closes it, however often it is sent.
    let id = school::id();
    for _ in 0..2 {
        let done = step(&one, &id, "acknowledged", "closed", outcome).await;
        assert_eq!(done.location, format!("/concerns/{concern}"), "{}", done.html);
    }
    assert_eq!(school.number("select count(*) from entry").await, 2);
    // A second outcome beside it is not lost either: it can be added as a note.
    let late = step(&two, &school::id(), "acknowledged", "closed", "Rang the mother.").await;
    late.has("This changed while you were reading it").has("Rang the mother.</textarea>").has(outcome);
    // A form that was used before does not close without its words.
    step(&one, &school::id(), "closed", "open", "").await;
    step(&two, &school::id(), "new", "acknowledged", "").await;
    let used = step(&one, &id, "open", "closed", "Moved to another school.").await;
    used.has("Moved to another school.");
    assert_eq!(school.number("select count(*) from concern where status = 'open'").await, 1);
}

#[tokio::test]
async fn an_episode_becomes_a_concern_with_its_evidence() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let (episode, _) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    let form = school.get(&dsl, &format!("/concerns/new?episode={episode}&shown=1")).await;
    form.has("nobody likes you, go away").has("Online, on device LIB-04").lacks("told_dsl");
    let id = form.value("id");
    let mut fields = with(&id, WHOLE);
    let shown = form.value("shown");
    fields.extend([("episode", episode.as_str()), ("shown", &shown)]);
    let sent = school.post(&dsl, "/concerns/new", &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.html);
    school
        .get(&dsl, &format!("/concerns/{id}"))
        .await
        .has(&format!("/episodes/{episode}"))
        .has("<mark>nobody likes you</mark>");
    school
        .get(&dsl, &format!("/episodes/{episode}"))
        .await
        .has("Made into a concern by Mrs Adeyemi")
        .has("Concern 1");
    assert_eq!(school.number("select count(*) from evidence where kind = 'episode'").await, 1);

    let teacher = school.person("staff", "Mr Bloggs").await;
    let not_theirs = school.get(&teacher, &format!("/concerns/new?episode={episode}")).await;
    assert_eq!(not_theirs.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_chosen_adult_makes_a_concern_and_is_reminded_of_the_confidence() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let chosen = school.person("staff", "Mrs Okafor").await;
    let told = Told { adult: Some(&chosen.id), identity: "confidant", ..Told::default() };
    let report = school.report(&told).await;
    let form = school.get(&chosen, &format!("/concerns/new?report={report}")).await;
    form.has("in confidence").has("Amira Khan").has("They wait for me after school.");
    let id = form.value("id");
    let fields = [
        ("id", id.as_str()),
        ("report", &report),
        ("shown", "0"),
        ("person_name", "A pupil"),
        ("person_role", "subject"),
        ("occurred_precision", "unknown"),
        ("seen_heard", "A pupil wrote a report in Lapwing."),
        ("told_dsl", "yes"),
    ];
    assert_eq!(school.post(&chosen, "/concerns/new", &fields).await.status, StatusCode::SEE_OTHER);
    let whole = school.get(&dsl, &format!("/concerns/{id}")).await;
    whole.has("Name given in confidence to Mrs Okafor").has("They wait for me after school.").lacks("Amira");
    assert_eq!(school.number("select count(*) from pupil_report where status = 'concern'").await, 1);
}

#[tokio::test]
async fn numbers_count_up_in_each_school_by_itself() {
    let school = School::open().await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    recorded(&school, &teacher).await;
    recorded(&school, &teacher).await;
    let ash = school.neighbour().await;
    let stranger = ash.person("staff", "Mr Stone").await;
    let id = recorded(&ash, &stranger).await;
    ash.get(&stranger, &format!("/concerns/{id}")).await.has("Concern 1");
    // By one to three, so that a gap says nothing of a concern that a reader may not see.
    assert!((2..=4).contains(&school.number("select max(number) from concern").await));
    assert_eq!(
        school.number("select count(*) from person").await,
        4,
        "the same pupil is one person in a school"
    );
}

#[tokio::test]
async fn concerns_recorded_at_the_same_moment_each_get_a_number() {
    let school = School::open().await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    let ids: Vec<String> = (0..6).map(|_| school::id()).collect();
    let sent =
        ids.iter().map(async |id| school.post(&teacher, "/concerns/new", &with(id, WHOLE)).await.status);
    for status in futures_util::future::join_all(sent).await {
        assert_eq!(status, StatusCode::SEE_OTHER);
    }
    assert_eq!(school.number("select count(distinct number) from concern where number <= 16").await, 6);
}

#[tokio::test]
async fn words_find_the_records_that_hold_all_of_them_for_those_who_may_open_them() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let teacher = school.person("staff", "Mr Hall").await;
    let pastoral = school.person("pastoral", "Miss Lane").await;
    let concern = recorded(&school, &teacher).await;
    let report = school.report(&Told { story: "He threw my BAG over a fence.", ..Told::default() }).await;
    let found = school.get(&dsl, "/search?words=threw+bag").await;
    found.has(&format!("/concerns/{concern}")).has(&format!("/reports/{report}"));
    school.get(&dsl, "/search?words=threw+wall").await.has(&concern).lacks(&report);
    school.get(&dsl, "/search?words=thre").await.has("No record that you may open").lacks(&concern);
    school.get(&pastoral, "/search?words=threw").await.has("No record that you may open").lacks(&concern);
    let noted = school.number("select count(*) from audit_event where action = 'search'").await;
    assert_eq!(noted, 4);
    assert_eq!(school.number("select count(*) from audit_event where detail like '%threw%'").await, 0);
    let plain = "select count(*) from search_word where word_hash like '%bag%' or word_hash like '%threw%'";
    assert_eq!(school.number(plain).await, 0, "only hashes are kept");
}

#[tokio::test]
async fn a_childs_page_says_who_looked_at_their_records() {
    let school = School::open().await;
    let (dsl, deputy) =
        (school.person("dsl", "Mrs Adeyemi").await, school.person("deputy_dsl", "Mr Okoro").await);
    let concern = recorded(&school, &school.person("staff", "Mr Hall").await).await;
    school.get(&deputy, &format!("/concerns/{concern}")).await;
    let page = school.get(&dsl, &format!("/concerns/{concern}")).await;
    let at = &page.html[page.html.find("/pupils/").expect("a link to the child")..];
    let path: String = at.chars().take_while(|c| *c != '"').collect();
    let child = school.get(&dsl, &path).await;
    child.has("Amira Khan").has("Mr Okoro").has("Mrs Adeyemi").has("Concern 1").lacks("Mr Hall");
    school.get(&deputy, &path).await;
    let looks = "select count(*) from audit_event where action = 'view' and object_kind = 'person'";
    assert_eq!(school.number(looks).await, 2, "asking who looked is looking, too");
}
