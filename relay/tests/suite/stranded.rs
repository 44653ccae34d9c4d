//! Records and names whose key is gone although nobody destroyed it: each is shown as such in its place, everything around
//! it as usual, and the doctor counts them.

use super::policy::ask;
use crate::copies::{Copy, Place, concern, concern_from, faults};
use crate::device::Device;
use crate::school::{School, Seen, Told, enrolment_key};
use axum::http::StatusCode;
use lapwing_relay::proof::verify::verify;
use lapwing_relay::rotate_school;

const GONE: &str = "(cannot be opened: its key is missing)";
const WORDS: &str = "These words cannot be opened: their key is missing.";

/// What the program's doctor says of the school's relay.
pub(crate) fn doctor(school: &School) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lapwing-relay"));
    command.arg("doctor").arg("--data").arg(school.database.folder.path());
    if crate::database::is_postgres() {
        command.arg("--database").arg(&school.database.url);
    }
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

/// Hangs the key of the record `id` from a key that is not there.
async fn strand(school: &School, id: &str) {
    let there = "select count(*) from record_key where under = 'gone'";
    let before = school.number(there).await;
    school.sql("update record_key set under = 'gone' where object_id = $1", &[id.into()]).await;
    assert_eq!(school.number(there).await, before + 1);
}

#[tokio::test]
async fn one_record_that_nobody_can_open_takes_no_page_away() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = school.device("LIB-04").await;
    let whole = (
        school.episode(&device, &Seen { account: "ben@oak.example", ..Seen::default() }).await.0,
        school.report(&Told { identity: "named", name: "Ben Hill", ..Told::default() }).await,
        concern(&school, &dsl, &[("Ben Hill", "subject")], "He came without a coat.").await,
    );
    assert!(
        doctor(&school).contains("ok    keys of records: every other one has its key"),
        "{}",
        doctor(&school)
    );
    let (episode, _) =
        school.episode(&device, &Seen { account: "amira@oak.example", ..Seen::default() }).await;
    let report = school
        .report(&Told {
            identity: "named",
            name: "Amira Khan",
            story: "They took my coat.",
            ..Told::default()
        })
        .await;
    let hers = concern(&school, &dsl, &[("Amira Khan", "subject")], "A bruise on her coat arm.").await;
    let form = crate::school::id();
    let noted =
        school.post(&dsl, &format!("/concerns/{hers}/note"), &[("id", &form), ("note", "Rang home.")]).await;
    assert_eq!(noted.status.as_u16(), 303);
    let old = school.report(&Told { story: "An old story.", ..Told::default() }).await;
    let made = [("report", old.as_str()), ("shown", "0")];
    let from_old = concern_from(&school, &dsl, &[("Cal Roe", "subject")], "He wrote to us.", &made).await;
    for id in [&episode, &report, &hers, &old] {
        strand(&school, id).await;
    }
    // One name hangs from a key that is gone as well.
    let cal = super::keys::person_of(&school, &from_old).await;
    school.sql("update sealing_key set under = 'gone' where id = $1", &[cal.as_str().into()]).await;

    let inbox = school.get(&dsl, "/inbox").await;
    inbox.has(GONE).has("ben@oak.example").has("Ben Hill").lacks("amira@oak.example");
    for path in [&episode, &report, &whole.0, &whole.1] {
        inbox.has(path);
    }
    let page = school.get(&dsl, &format!("/episodes/{episode}")).await;
    page.has(WORDS).has(GONE).lacks("nobody likes you");
    school.get(&dsl, &format!("/episodes/{}", whole.0)).await.has("nobody likes you");
    let page = school.get(&dsl, &format!("/reports/{report}")).await;
    // Nor does a page say that nothing was written where nobody knows.
    page.has(WORDS).has(GONE).lacks("They took my coat.").lacks("Not said. Ask.");
    school.get(&dsl, &format!("/reports/{}", whole.1)).await.has("They wait for me").has("Ben Hill");
    let page = school.get(&dsl, &format!("/concerns/{hers}")).await;
    page.has(WORDS).has("Amira Khan").lacks("A bruise").lacks("Rang home.");
    page.lacks("None recorded").lacks("Nothing recorded").lacks("Not said<");
    // The record that it was made from cannot be opened, nor can the name; its own words hang from that name's key.
    school.get(&dsl, &format!("/concerns/{from_old}")).await.has(WORDS).has(GONE).lacks("An old story.");
    let page = school.get(&dsl, &format!("/concerns/{}", whole.2)).await;
    page.has("He came without a coat.").has("Ben Hill");
    let list = school.get(&dsl, "/concerns").await;
    list.has("Ben Hill").has("Amira Khan").has(GONE);
    school.get(&dsl, &format!("/pupils/{cal}")).await.has(GONE);
    school.get(&dsl, "/search?words=coat").await.has(&whole.2).has(&hers).has(&report);
    school.get(&dsl, "/concerns/new").await.has("Ben Hill");
    // What stands in the place of words is not offered as a child's own.
    school.get(&dsl, &format!("/concerns/new?report={report}")).await.lacks(WORDS).lacks(GONE);
    for path in ["/trail", "/evidence", "/evidence/devices.csv", "/numbers", "/requests", "/reports"] {
        let page = school.get(&dsl, path).await;
        assert!([200, 403].contains(&page.status.as_u16()), "{path}: {}", page.html);
    }
    // Somebody of the same name is somebody new, for whom there is a key.
    let again = concern(&school, &dsl, &[("Cal Roe", "subject")], "He wrote to us again.").await;
    school.get(&dsl, &format!("/concerns/{again}")).await.has("He wrote to us again.").has("Cal Roe");
    let refused = school
        .post(&dsl, &format!("/concerns/{hers}/note"), &[("id", &crate::school::id()), ("note", "And then?")])
        .await;
    assert_eq!(refused.status.as_u16(), 422);
    refused.has("And then?").has(WORDS);

    let told = doctor(&school);
    for line in [
        "BAD   keys of records: keys are missing that nobody destroyed",
        "2 of kind concern (one is ",
        &format!("1 of kind episode (one is {episode})"),
        "2 of kind report (one is ",
        &format!("1 of kind person (one is {cal})"),
        "mend: restore the latest backup whose keys file still has these keys",
    ] {
        assert!(told.contains(line), "{line} is missing from:\n{told}");
    }
    // Nothing of the record was altered; the school's key can be changed, and the school be handed over with the rest.
    let mut db = school.database.pool.acquire().await.unwrap();
    assert_eq!(faults(&verify(&mut db, &[]).await.unwrap()), Vec::<String>::new());
    drop(db);
    let wait = async |time: std::time::Duration| school.clock.advance(time.try_into().unwrap());
    rotate_school(&school.app, &school.id, wait).await.unwrap();
    let bundle = Copy::take_school(&school, &school.id).await;
    let place = Place::same().await;
    bundle.restore(&place).await.unwrap();
    let there = place.school(&bundle, &school.id).await;
    let reader = there.person("dsl", "Mrs Stone").await;
    there.get(&reader, "/inbox").await.has(GONE).has("ben@oak.example");
    there.get(&reader, &format!("/concerns/{}", whole.2)).await.has("He came without a coat.");
    there.get(&reader, &format!("/concerns/{hers}")).await.has(WORDS);
}

/// A request of a pupil: the page shows it, and whoever answers it is told what can still be done.
#[tokio::test]
async fn a_request_that_nobody_can_open_is_shown_and_cannot_open_a_site() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let request = ask(&device, "www.games.example", "for maths", "").await;
    strand(&school, &request).await;
    let page = school.get(&dsl, "/requests").await;
    page.has(GONE).has(WORDS).lacks("Nobody is signed in").lacks("did not say").lacks("games.example");
    let on = super::policy::on(&school).await;
    let fields = [("on", on.as_str()), ("answer", "pupil"), ("until", "2026-11-27"), ("why", "Checked it")];
    let page = school.post(&dsl, &format!("/requests/{request}/answer"), &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.html);
    page.has("Which site this is cannot be read any more").has("Checked it");
}

/// An older key of the school that the master key does not open takes only what hangs from it.
#[tokio::test]
async fn an_older_key_that_does_not_open_takes_nothing_else_with_it() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let hers = concern(&school, &dsl, &[("Amira Khan", "subject")], "A bruise.").await;
    school
        .sql(
            "insert into sealing_key (id, school_id, kind, under, wrapped, created_at) \
             select 'old', school_id, 'school', 'no master key', wrapped, 1 from sealing_key where kind = 'school'",
            &[],
        )
        .await;
    school.advance(1);
    school.get(&dsl, &format!("/concerns/{hers}")).await.has("A bruise.").has("Amira Khan");
    let bundle = Copy::take_school(&school, &school.id).await;
    let place = Place::same().await;
    bundle.restore(&place).await.unwrap();
    let there = place.school(&bundle, &school.id).await;
    let reader = there.person("dsl", "Mrs Stone").await;
    there.get(&reader, &format!("/concerns/{hers}")).await.has("A bruise.");
}
