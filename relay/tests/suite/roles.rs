//! Every URL as every role, logged out, and as another school. The table in `routes` is what is tried, and what it
//! allows is written down here once more, so that neither changes by accident.

use super::{lessons, policy, sources};
use crate::device::{Answer, ask};
use crate::school::{NOW, Person, School, Seen, Told, id};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use lapwing_relay::{Needs, Row, table};

/// Who may ask for what. A new URL belongs here and in the table.
const ALLOWED: &str = include_str!("roles_allowed.txt");

const ROLES: [&str; 9] =
    ["staff", "pastoral", "deputy_dsl", "dsl", "head", "governor", "trust_lead", "it_admin", "auditor"];

const SCHOOL_STAFF: [&str; 5] = ["staff", "pastoral", "deputy_dsl", "dsl", "head"];

fn may(needs: Needs, role: &str) -> bool {
    let among = |roles: &[&str]| roles.contains(&role);
    match needs {
        Needs::Nothing | Needs::AnyRole => true,
        Needs::Device => false,
        Needs::Staff => among(&SCHOOL_STAFF),
        Needs::Waiting => among(&["pastoral", "deputy_dsl", "dsl", "head"]),
        Needs::Lead => among(&["deputy_dsl", "dsl", "head"]),
        Needs::Dsl => role == "dsl",
        Needs::Glass => among(&["deputy_dsl", "head"]),
        Needs::Numbers => among(&["deputy_dsl", "dsl", "head", "governor"]),
        Needs::TrustLead => role == "trust_lead",
        Needs::Trail => among(&["dsl", "head", "auditor"]),
        Needs::ItAdmin => role == "it_admin",
        Needs::ItOrDsl => among(&["it_admin", "dsl"]),
        Needs::Policy => among(&["deputy_dsl", "dsl", "head", "it_admin"]),
        Needs::Evidence => among(&["deputy_dsl", "dsl", "head", "governor", "it_admin"]),
        Needs::StaffOrIt => role == "it_admin" || among(&SCHOOL_STAFF),
    }
}

/// How a page about an object answers to somebody whose role may ask for it.
#[derive(Debug, PartialEq, Eq)]
enum Answers {
    /// With the page, or by doing what was asked.
    Well,
    /// That there is no such thing.
    Absent,
    /// That they may see it and not do this.
    Forbidden,
}

/// What the walls make of [`Objects`], whose concern the role itself recorded and whose report is addressed to it.
fn walled(row: &Row, role: &str) -> Answers {
    let lead = ["deputy_dsl", "dsl"].contains(&role);
    let status_only = if lead { Answers::Well } else { Answers::Forbidden };
    match (row.method.as_str(), row.path) {
        ("GET" | "POST", "/inbox/notices/{id}") => Answers::Absent,
        // Somebody else proposed it.
        (_, "/policy/proposals/{id}/withdraw") => Answers::Forbidden,
        (_, path)
            if path.starts_with("/pupils/")
                || path.starts_with("/episodes/")
                || path.starts_with("/alerts/") =>
        {
            if lead {
                Answers::Well
            } else {
                Answers::Absent
            }
        }
        (_, path) if path.starts_with("/sharing/") => status_only,
        (_, "/concerns/{id}" | "/concerns/{id}/recorded") => Answers::Well,
        (_, path) if path.starts_with("/concerns/{id}/") => status_only,
        // The glass is not broken, and this trust has one school.
        (_, "/trust/{school}/concerns/{id}") => Answers::Absent,
        _ => Answers::Well,
    }
}

fn is_for_people(row: &Row) -> bool {
    !matches!(row.needs, Needs::Nothing | Needs::Device)
}

/// One object of each kind.
struct Objects {
    episode: String,
    alert: String,
    report: String,
    concern: String,
    device: String,
    account: String,
    school: String,
    child: String,
    lesson: String,
    proposal: String,
    request: String,
    source: String,
    build: String,
}

impl Objects {
    /// Objects of `school`; the concern and the report are `staff`'s own, so that each role that may see one does.
    async fn of(school: &School, staff: &Person) -> Self {
        let device = school.device("LIB-04").await;
        let (episode, alert) = school.episode(&device, &Seen::default()).await;
        let report = school.report(&Told { adult: Some(&staff.id), ..Told::default() }).await;
        let concern = id();
        let fields = [
            ("id", concern.as_str()),
            ("person_name", "Amira Khan"),
            ("person_role", "subject"),
            ("person_year", ""),
            ("occurred_precision", "unknown"),
            ("seen_heard", "words"),
            ("told_dsl", "yes"),
        ];
        let page = school.post(staff, "/concerns/new", &fields).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.html);
        let account = school.person("staff", "Mr Leaver").await.id;
        // IT gives links only to those who read nothing that pupils write.
        school.sql("update account set trusted_adult = 0 where id = $1", &[account.as_str().into()]).await;
        let row =
            sqlx::query("select person_id from involvement where concern_id = $1").bind(concern.clone());
        let child = sqlx::Row::get(&row.fetch_one(&school.database.pool).await.unwrap(), 0);
        // Only so many are on at once, and this is called more often.
        let end = "update lesson set ended_at = $1, ended_by = announced_by where ended_at is null";
        school.sql(end, &[NOW.into()]).await;
        let lesson = lessons::announce(school, staff, &[]).await;
        let (proposal, request) = (policy::proposal(school).await, policy::request(school).await);
        let (source, build) = (sources::source(school).await, sources::build(school).await);
        let school = school.id.clone();
        Self {
            episode,
            alert,
            report,
            concern,
            device,
            account,
            school,
            child,
            lesson,
            proposal,
            request,
            source,
            build,
        }
    }

    /// Objects that nobody has.
    fn absent() -> Self {
        Self {
            episode: id(),
            alert: id(),
            report: id(),
            concern: id(),
            device: id(),
            account: id(),
            school: id(),
            child: id(),
            lesson: id(),
            proposal: id(),
            request: id(),
            source: id(),
            build: id(),
        }
    }

    /// The path of a row with an object's id in it.
    fn path(&self, row: &Row) -> String {
        let object = match row.path.split('/').nth(1).unwrap() {
            "episodes" => &self.episode,
            "alerts" => &self.alert,
            "reports" => &self.report,
            "concerns" => &self.concern,
            "devices" => &self.device,
            "people" => &self.account,
            "pupils" => &self.child,
            "lessons" => &self.lesson,
            "policy" => &self.proposal,
            "requests" => &self.request,
            "lists" if row.path.contains("/proposals/") => &self.build,
            "lists" => &self.source,
            "sharing" | "trust" => &self.concern,
            "inbox" => return row.path.replace("{id}", &id()),
            other => panic!("a URL under /{other} names an object: say in this test which"),
        };
        row.path.replace("{id}", object).replace("{kind}", "concern").replace("{school}", &self.school)
    }
}

fn names_object(row: &Row) -> bool {
    row.path.contains("{id}") || row.path.contains("{school}")
}

fn plain(row: &Row) -> String {
    row.path.replace("{file}", "linux.json").replace("{token}", "x").replace("{name}", "x")
}

/// The path with objects in it that nobody has.
fn blank(row: &Row) -> String {
    plain(row).replace("{id}", &id()).replace("{kind}", "concern").replace("{school}", &id())
}

async fn status(school: &School, who: &Person, row: &Row, path: &str) -> StatusCode {
    match row.method {
        Method::GET if row.path == "/inbox/events" => school.stream(who, path).await.status(),
        Method::GET => school.get(who, path).await.status,
        _ => school.post(who, path, &[]).await.status,
    }
}

async fn logged_out(school: &School, row: &Row, path: &str) -> Answer {
    let request = Request::builder().method(row.method.clone()).uri(path);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.header("sec-fetch-site", "same-origin");
    ask(&school.router, request.body(Body::empty()).unwrap()).await
}

#[test]
fn the_table_is_the_one_that_was_agreed() {
    let mut rows: Vec<String> =
        table().iter().map(|row| format!("{} {} {:?}\n", row.method, row.path, row.needs)).collect();
    rows.sort();
    assert_eq!(rows.concat(), ALLOWED);
}

#[tokio::test]
async fn without_signing_in_only_public_pages_answer() {
    let school = School::open().await;
    for row in table() {
        let path = blank(&row);
        let answer = logged_out(&school, &row, &path).await;
        let place = format!("{} {path}: {}", row.method, answer.text);
        match (row.needs, &row.method) {
            (Needs::Nothing, _) => {
                assert!(!matches!(answer.status.as_u16(), 401 | 403 | 500..), "{place}");
                let location = answer.headers.get(header::LOCATION).map(|value| value.to_str().unwrap());
                assert_eq!(location, None, "{place}");
            }
            (Needs::Device, _) => {
                answer.is_problem(401, "unsigned");
            }
            (_, &Method::GET) => {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{place}");
                assert!(
                    answer.headers[header::LOCATION].to_str().unwrap().starts_with("/sign-in?next="),
                    "{place}"
                );
            }
            _ => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{place}"),
        }
    }
}

#[tokio::test]
async fn each_role_reaches_its_own_pages_and_no_others() {
    let school = School::open().await;
    school.join_trust("Oak Trust").await;
    for role in ROLES {
        for row in table().iter().filter(|row| is_for_people(row)) {
            // Of what somebody may not ask for, they are told nothing, whether it is there or not.
            let allowed = may(row.needs, role);
            let me = school.person(role, "Me").await;
            let owner = if SCHOOL_STAFF.contains(&role) {
                me.clone()
            } else {
                school.person("staff", "Ms Ray").await
            };
            let objects = if allowed && names_object(row) {
                Objects::of(&school, &owner).await
            } else {
                Objects::absent()
            };
            let path = if names_object(row) { objects.path(row) } else { plain(row) };
            let status = status(&school, &me, row, &path).await;
            let place = format!("{role}: {} {path}", row.method);
            if !allowed {
                assert_eq!(status, StatusCode::FORBIDDEN, "{place}");
                continue;
            }
            if row.path == "/install/{file}" {
                assert_eq!(status, StatusCode::NOT_FOUND, "{place}: there is no extension in a test");
                continue;
            }
            let answers = match status.as_u16() {
                403 => Answers::Forbidden,
                404 => Answers::Absent,
                401 | 500.. => panic!("{place}: {status}"),
                _ => Answers::Well,
            };
            assert_eq!(answers, walled(row, role), "{place}: {status}");
        }
    }
}

#[tokio::test]
async fn another_schools_objects_are_as_absent_ones() {
    let school = School::open().await;
    let other = school.neighbour().await;
    let staff = school.person("staff", "Mr Bell").await;
    let objects = Objects::of(&school, &staff).await;
    let absent = Objects::absent();
    let rows_before = changes(&school).await;
    for role in ROLES {
        for row in table().iter().filter(|row| names_object(row) && may(row.needs, role)) {
            let me = other.person(role, "Me").await;
            let (theirs, nothing) = (objects.path(row), absent.path(row));
            let place = format!("{role}: {} {theirs}", row.method);
            let answers = if row.method == Method::GET {
                (other.get(&me, &theirs).await, other.get(&me, &nothing).await)
            } else {
                (other.post(&me, &theirs, &FIELDS).await, other.post(&me, &nothing, &FIELDS).await)
            };
            assert_eq!(answers.0.status, StatusCode::NOT_FOUND, "{place}: {}", answers.0.html);
            assert_eq!(answers.1.status, StatusCode::NOT_FOUND, "{place}: {}", answers.1.html);
            assert_eq!(answers.0.html, answers.1.html, "{place}");
        }
    }
    assert_eq!(changes(&school).await, rows_before, "nothing of the other school was touched");
}

#[tokio::test]
async fn a_session_whose_account_was_closed_reaches_nothing() {
    let school = School::open().await;
    for role in ROLES {
        let me = school.person(role, "Me").await;
        school
            .sql("update account set disabled_at = $1 where id = $2", &[NOW.into(), me.id.as_str().into()])
            .await;
        for row in table().iter().filter(|row| is_for_people(row)) {
            let path = blank(row);
            let status = status(&school, &me, row, &path).await;
            let expected =
                if row.method == Method::GET { StatusCode::SEE_OTHER } else { StatusCode::UNAUTHORIZED };
            assert_eq!(status, expected, "{role}: {} {path}", row.method);
        }
    }
}

/// Sound fields for any of the forms about an object.
const FIELDS: [(&str, &str); 7] = [
    ("id", "0199f3a0-0000-7000-8000-000000000001"),
    ("text", "words"),
    ("reason", "schoolwork"),
    ("note", "words"),
    ("from", "new"),
    ("to", "acknowledged"),
    ("job", "x"),
];

/// What would change if one of the forms reached an object.
async fn changes(school: &School) -> Vec<i64> {
    let mut counts = Vec::new();
    for sql in [
        "select count(*) from episode where status <> 'new' or claimed_by is not null",
        "select count(*) from pupil_report where status <> 'new' or seen_at is not null",
        "select count(*) from concern where status <> 'new'",
        "select count(*) from entry",
        "select count(*) from message",
        "select count(*) from device where revoked_at is not null",
        "select count(*) from account where disabled_at is not null or job <> ''",
        "select count(*) from one_time_link",
        "select count(*) from lesson where ended_at is not null",
        "select count(*) from policy_version",
        "select count(*) from policy_proposal where decided_at is not null",
        "select count(*) from access_request where answered_at is not null",
        "select count(*) from list_source where removed_at is not null or asked_at > 0",
        "select count(*) from list_build where decided_at is not null",
        "select count(*) from shadow_trial",
    ] {
        counts.push(school.number(sql).await);
    }
    counts
}
