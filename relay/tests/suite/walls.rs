//! The walls around one record: who reads a concern, an episode or a report by role, scope, share and broken glass. Every
//! refusal is compared with the answer about a record that is not there. Who is named in one is in `walls_named`.

use crate::school::{MINUTE, NOW, Page, Person, School, Seen, Told, id};
use axum::http::StatusCode;

const DAY: i64 = 24 * 60;

/// A concern about Amira Khan in Year 9, and others whom it names: name and role.
pub(crate) async fn concern(
    school: &School,
    reporter: &Person,
    category: &str,
    named: &[(&str, &str)],
) -> String {
    let concern = id();
    let mut fields = vec![("id", concern.as_str())];
    for (name, role, year) in [("Amira Khan", "subject", "Year 9")]
        .into_iter()
        .chain(named.iter().map(|(name, role)| (*name, *role, "")))
    {
        fields.extend([("person_name", name), ("person_role", role), ("person_year", year)]);
    }
    fields.extend([
        ("category", category),
        ("occurred_precision", "unknown"),
        ("seen_heard", "She cried in the corridor."),
        ("childs_words", "He will not stop."),
        ("told_dsl", "yes"),
    ]);
    let page = school.post(reporter, "/concerns/new", &fields).await;
    assert!(matches!(page.status, StatusCode::SEE_OTHER | StatusCode::OK), "{}", page.html);
    concern
}

/// Gives `who` a scope.
pub(crate) async fn scope(school: &School, dsl: &Person, who: &Person, years: &str, categories: &str) {
    let fields = [("years", years), ("categories", categories)];
    let page = school.post(dsl, &format!("/people/{}/scope", who.id), &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.html);
}

/// Shares a record with `who`, for the day that is `days` after today at most.
pub(crate) async fn share(
    school: &School,
    dsl: &Person,
    kind: &str,
    record: &str,
    who: &Person,
    level: &str,
    until: &str,
) -> Page {
    let fields = [("with", who.id.as_str()), ("level", level), ("until", until), ("reason", "Form tutor.")];
    school.post(dsl, &format!("/sharing/{kind}/{record}"), &fields).await
}

pub(crate) async fn break_glass(school: &School, who: &Person, record: &str) -> Page {
    let fields = [("record", record), ("reason", "The child is missing.")];
    school.post(who, "/break-glass", &fields).await
}

/// Asserts that a record is for `who` as one that is not there, on its page and in every list.
pub(crate) async fn assert_absent(school: &School, who: &Person, kind: &str, record: &str) {
    let (page, nothing) = (
        school.get(who, &format!("/{kind}/{record}")).await,
        school.get(who, &format!("/{kind}/{}", id())).await,
    );
    assert_eq!(page.status, StatusCode::NOT_FOUND, "{}: {}", who.name, page.html);
    assert_eq!(page.html, nothing.html);
    for list in ["/inbox", "/inbox/done", "/concerns", "/reports", "/concerns/new"] {
        school.get(who, list).await.lacks(record);
    }
}

/// Whoever is signed in stays so, however late it is.
async fn stay_signed_in(school: &School) {
    let late = NOW + 30 * DAY * MINUTE;
    school.sql("update session set seen_at = $1, expires_at = $1", &[late.into()]).await;
}

#[tokio::test]
async fn a_concern_is_for_those_whose_role_and_scope_cover_it() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let reporter = school.person("staff", "Mr Bloggs").await;
    let bullying = concern(&school, &reporter, "bullying", &[]).await;
    let unknown = concern(&school, &reporter, "", &[]).await;
    let mut pastoral = Vec::new();
    for (name, years, categories) in [
        ("Year and kind", "Year 9", "bullying"),
        ("All years", "*", "bullying"),
        ("All kinds", "Year 9", "*"),
        ("Everything", "*", "*"),
        ("Other year", "Year 10", "bullying"),
        ("Other kind", "Year 9", "drugs_alcohol"),
    ] {
        let who = school.person("pastoral", name).await;
        scope(&school, &dsl, &who, years, categories).await;
        pastoral.push(who);
    }
    let limited = school.person("deputy_dsl", "Limited").await;
    let limit = school.post(&dsl, &format!("/people/{}/limit", limited.id), &[("limited", "yes")]).await;
    assert_eq!(limit.status, StatusCode::SEE_OTHER, "{}", limit.html);
    scope(&school, &dsl, &limited, "Year 9", "bullying").await;
    let deputy = school.person("deputy_dsl", "Deputy").await;
    let (head, staff) = (school.person("head", "Head").await, school.person("staff", "Ms Ray").await);

    // Whole of the concern that is about bullying; of the one whose kind nobody has said; notes; decisions.
    let expected: [(&Person, bool, bool, bool, bool); 11] = [
        (&dsl, true, true, true, true),
        (&deputy, true, true, true, true),
        (&limited, true, false, true, true),
        (&pastoral[0], true, false, true, false),
        (&pastoral[1], true, false, true, false),
        (&pastoral[2], true, true, true, false),
        (&pastoral[3], true, true, true, false),
        (&pastoral[4], false, false, false, false),
        (&pastoral[5], false, false, false, false),
        (&head, false, false, false, false),
        (&staff, false, false, false, false),
    ];
    for (who, reads, reads_unknown, notes, decides) in expected {
        for (record, may) in [(&bullying, reads), (&unknown, reads_unknown)] {
            if may {
                let page = school.get(who, &format!("/concerns/{record}")).await;
                assert_eq!(page.status, StatusCode::OK, "{}: {}", who.name, page.html);
                page.has("He will not stop.").has("Amira Khan (Year 9)");
                school.get(who, "/concerns").await.has(record);
                school.get(who, "/inbox").await.has(record);
            } else {
                assert_absent(&school, who, "concerns", record).await;
            }
        }
        let note = [("id", id()), ("note", "Seen at break.".into())];
        let note = note.each_ref().map(|(name, value)| (*name, value.as_str()));
        let noted = school.post(who, &format!("/concerns/{bullying}/note"), &note).await.status;
        assert_eq!(noted == StatusCode::SEE_OTHER, notes, "{}: {noted}", who.name);
        let category = [("category", "bullying")];
        let decided = school.post(who, &format!("/concerns/{bullying}/category"), &category).await.status;
        assert_eq!(decided == StatusCode::SEE_OTHER, decides, "{}: {decided}", who.name);
    }
    // Its reporter sees their own words and no more.
    let own = school.get(&reporter, &format!("/concerns/{bullying}")).await;
    own.has("He will not stop.").lacks("Seen at break.").lacks("Add to it");

    // Said to be of another kind, it moves from one scope into the other.
    school.post(&dsl, &format!("/concerns/{bullying}/category"), &[("category", "drugs_alcohol")]).await;
    assert_absent(&school, &pastoral[0], "concerns", &bullying).await;
    assert_eq!(school.get(&pastoral[5], &format!("/concerns/{bullying}")).await.status, StatusCode::OK);
    // A scope that is ended covers nothing.
    let scope = school.text("select id from scope_grant where categories = ',drugs_alcohol,'").await;
    school.post(&dsl, &format!("/people/{}/scope/end", pastoral[5].id), &[("scope", &scope)]).await;
    assert_absent(&school, &pastoral[5], "concerns", &bullying).await;
}

#[tokio::test]
async fn alerts_and_reports_are_for_those_whom_the_walls_let_in() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let deputy = school.person("deputy_dsl", "Deputy").await;
    let (episode, alert) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    let chosen = school.person("staff", "Mrs Okafor").await;
    let report = school.report(&Told { adult: Some(&chosen.id), ..Told::default() }).await;
    let all_years = school.person("pastoral", "All years").await;
    scope(&school, &dsl, &all_years, "*", "bullying").await;
    let one_year = school.person("pastoral", "One year").await;
    scope(&school, &dsl, &one_year, "Year 9", "*").await;
    let limited = school.person("deputy_dsl", "Limited").await;
    school.post(&dsl, &format!("/people/{}/limit", limited.id), &[("limited", "yes")]).await;
    let (head, staff) = (school.person("head", "Head").await, school.person("staff", "Ms Ray").await);
    for (who, episodes, reports) in [
        (&dsl, true, true),
        (&deputy, true, true),
        (&chosen, false, true),
        (&all_years, true, false),
        (&one_year, false, false),
        (&limited, false, false),
        (&head, false, false),
        (&staff, false, false),
    ] {
        for (kind, record, may) in [("episodes", &episode, episodes), ("reports", &report, reports)] {
            if may {
                let page = school.get(who, &format!("/{kind}/{record}")).await;
                assert_eq!(page.status, StatusCode::OK, "{}: {}", who.name, page.html);
            } else {
                assert_absent(&school, who, kind, record).await;
            }
        }
        let redirect = school.get(who, &format!("/alerts/{alert}")).await.status;
        assert_eq!(redirect == StatusCode::SEE_OTHER, episodes, "{}", who.name);
    }
    // Reading is not deciding.
    let claim = school.post(&all_years, &format!("/episodes/{episode}/claim"), &[("from", "")]).await;
    assert_eq!(claim.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_share_opens_one_record_to_one_colleague_until_it_ends() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let reporter = school.person("staff", "Mr Bloggs").await;
    let (reader, other) = (school.person("staff", "Ms Ray").await, school.person("staff", "Mr Other").await);
    let writer = school.person("pastoral", "Mrs Okafor").await;
    let record = concern(&school, &reporter, "bullying", &[]).await;
    let second = concern(&school, &reporter, "bullying", &[]).await;
    let path = format!("/concerns/{record}");

    // Today is the 24th; the last day counts.
    for (until, level) in
        [("2026-11-23", "read"), ("2028-01-01", "read"), ("", "read"), ("2026-11-26", "work")]
    {
        let refused = share(&school, &dsl, "concern", &record, &reader, level, until).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{until} {level}");
    }
    assert_eq!(school.number("select count(*) from share").await, 0);
    let it = school.person("it_admin", "Ian").await;
    let to_it = share(&school, &dsl, "concern", &record, &it, "read", "2026-11-26").await;
    assert_eq!(to_it.status, StatusCode::UNPROCESSABLE_ENTITY, "IT reads nothing, shared or not");
    for (who, level) in [(&reader, "read"), (&writer, "note")] {
        let shared = share(&school, &dsl, "concern", &record, who, level, "2026-11-26").await;
        assert_eq!(shared.status, StatusCode::SEE_OTHER, "{}", shared.html);
    }
    school.get(&dsl, &format!("/sharing/concern/{record}")).await.has("Form tutor.").has("Ms Ray");
    school.get(&reader, "/concerns").await.has(&path).lacks(&second);
    for (who, notes) in [(&reader, StatusCode::FORBIDDEN), (&writer, StatusCode::SEE_OTHER)] {
        school.get(who, &path).await.has("He will not stop.").lacks("What now?");
        let note = [("id", id()), ("note", "Spoke to her.".into())];
        let note = note.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(school.post(who, &format!("{path}/note"), &note).await.status, notes);
        assert_absent(&school, who, "concerns", &second).await;
    }
    assert_absent(&school, &other, "concerns", &record).await;
    assert_eq!(
        school.get(&reader, &format!("/sharing/concern/{record}")).await.status,
        StatusCode::FORBIDDEN
    );

    let id = school
        .text("select s.id from share s join account a on a.id = s.account_id where a.name = 'Ms Ray'")
        .await;
    school.post(&dsl, &format!("/sharing/concern/{record}/revoke"), &[("share", &id)]).await;
    assert_absent(&school, &reader, "concerns", &record).await;
    school.advance(3 * DAY - 9 * 60 - 15);
    let late = school.person("pastoral", "Later").await;
    school.sql("update share set account_id = $1 where level = 'note'", &[late.id.as_str().into()]).await;
    stay_signed_in(&school).await;
    school.get(&late, &path).await.has("He will not stop.");
    school.advance(1);
    // The 27th has begun.
    assert_eq!(school.get(&late, &path).await.status, StatusCode::NOT_FOUND);
    school.get(&late, "/concerns").await.lacks(&record);
    assert_eq!(school.database.actions("share").await, 2);
    assert_eq!(school.database.actions("unshare").await, 1);
}

#[tokio::test]
async fn broken_glass_opens_one_record_for_an_hour_and_a_second_person_hears_of_it() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let reporter = school.person("staff", "Mr Bloggs").await;
    let record = concern(&school, &reporter, "bullying", &[]).await;
    let other = concern(&school, &reporter, "bullying", &[]).await;
    let (episode, _) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    let head = school.person("head", "Dr Head").await;
    let limited = school.person("deputy_dsl", "Limited").await;
    school.post(&dsl, &format!("/people/{}/limit", limited.id), &[("limited", "yes")]).await;
    let path = format!("/concerns/{record}");

    let empty = school.post(&head, "/break-glass", &[("record", "1"), ("reason", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let absent = break_glass(&school, &head, "99").await;
    assert_eq!(absent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(school.get(&head, &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(school.number("select count(*) from break_glass").await, 0);

    assert_eq!(break_glass(&school, &head, "1").await.location, path);
    school.get(&head, &path).await.has("He will not stop.").lacks("Acknowledge");
    assert_eq!(school.get(&head, &format!("/concerns/{other}")).await.status, StatusCode::NOT_FOUND);
    let status = [("id", id()), ("from", "new".into()), ("to", "acknowledged".into())];
    let status = status.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(school.post(&head, &format!("{path}/status"), &status).await.status, StatusCode::FORBIDDEN);
    let address = format!("https://relay.school.example/episodes/{episode}#alert");
    assert_eq!(break_glass(&school, &limited, &address).await.location, format!("/episodes/{episode}"));
    assert_eq!(
        school.post(&limited, &format!("/episodes/{episode}/claim"), &[("from", "")]).await.status,
        StatusCode::SEE_OTHER,
        "a deputy who opens it can act on it"
    );

    // The DSL is told, and takes note; the head and the deputy are not asked to witness themselves.
    let inbox = school.get(&dsl, "/inbox").await;
    inbox.has("Records opened in need").has("Dr Head, headteacher").has("The child is missing.");
    school.get(&head, "/inbox").await.lacks("Records opened in need");
    let notice = school.text("select id from break_glass where name = 'Dr Head'").await;
    for who in [&head, &limited] {
        let own = school.post(who, &format!("/inbox/notices/{notice}"), &[]).await;
        assert_eq!(own.status, StatusCode::NOT_FOUND);
    }
    school.post(&dsl, &format!("/inbox/notices/{notice}"), &[]).await;
    school.get(&dsl, "/inbox").await.lacks("Dr Head, headteacher").has("Limited, deputy safeguarding lead");

    school.advance(59);
    assert_eq!(school.get(&head, &path).await.status, StatusCode::OK);
    school.advance(1);
    assert_eq!(school.get(&head, &path).await.status, StatusCode::NOT_FOUND);
    school.get(&head, "/concerns").await.lacks(&record);
    assert_eq!(school.database.actions("break_glass").await, 2);
    // What the page has open already, nobody needs to break.
    let plain = school.person("deputy_dsl", "Deputy").await;
    stay_signed_in(&school).await;
    assert_eq!(break_glass(&school, &plain, "1").await.location, path);
    assert_eq!(school.number("select count(*) from break_glass").await, 2);
}
