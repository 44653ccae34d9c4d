//! Second factors, step-up, one's own account, and recovery, as a person meets them.

use crate::fresh::{DSL_PASSWORD, IT_PASSWORD, Relay, link_in, location, path};
use crate::person::{App, Browser, codes};
use axum::http::StatusCode;
use jiff::SignedDuration;
use lapwing_relay::{Needs, Step, table};

const DSL: &str = "adeyemi@oak.example";
const DAY: i64 = 24 * 60;

/// A DSL who has just signed in.
async fn dsl(relay: &Relay) -> Browser {
    relay.with_dsl().await;
    let mut browser = Browser::new(relay);
    assert_eq!(location(&browser.sign_in(DSL, DSL_PASSWORD).await), "/inbox");
    browser
}

#[tokio::test]
async fn with_a_factor_the_password_alone_opens_nothing() {
    let relay = Relay::open().await;
    let mut first = dsl(&relay).await;
    let mut second = Browser::new(&relay);
    second.sign_in(DSL, DSL_PASSWORD).await;
    let before = first.cookies["__Host-lapwing"].clone();
    let (app, kept) = first.set_up_app(&relay).await;
    assert_eq!(kept.len(), 10);
    assert_ne!(first.cookies["__Host-lapwing"], before, "a proof gives the session a new token");
    assert_eq!(first.leads("/inbox").await, "");
    assert_eq!(second.leads("/inbox").await, "/sign-in?next=%2Finbox", "sessions of before have ended");

    let mut third = Browser::new(&relay);
    let entered =
        third.post("/sign-in", &[("email", DSL), ("password", DSL_PASSWORD), ("next", "/concerns")]).await;
    assert_eq!(location(&entered), "/concerns");
    let half = third.cookies["__Host-lapwing"].clone();
    for page in ["/concerns", "/inbox", "/account", "/people", "/account/app"] {
        assert!(third.leads(page).await.starts_with("/confirm?next="), "{page}");
    }
    let refused =
        third.post("/people", &[("name", "Eve"), ("email", "eve@oak.example"), ("role", "dsl")]).await;
    assert_eq!(location(&refused), "/confirm?next=%2Fpeople&again=yes");
    assert_eq!(relay.database.number("select count(*) from account").await, 2);

    relay.advance(1);
    let wrong = third.post("/confirm", &[("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = app.code(&relay);
    let done = third.post("/confirm", &[("code", &code), ("next", "/concerns")]).await;
    assert_eq!(location(&done), "/concerns", "{}", done.text);
    assert_ne!(third.cookies["__Host-lapwing"], half);
    assert_eq!(third.leads("/concerns").await, "");

    let mut fourth = Browser::new(&relay);
    fourth.sign_in(DSL, DSL_PASSWORD).await;
    let again = fourth.post("/confirm", &[("code", &code)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a code works once");
    let by_recovery = fourth.post("/confirm", &[("recovery", &kept[3].to_uppercase())]).await;
    assert_eq!(location(&by_recovery), "/inbox", "{}", by_recovery.text);
    fourth.sign_in(DSL, DSL_PASSWORD).await;
    let again = fourth.post("/confirm", &[("recovery", &kept[3])]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a recovery code works once");
    assert_eq!(
        relay.database.number("select count(*) from recovery_code where used_at is not null").await,
        1
    );
}

#[tokio::test]
async fn half_a_sign_in_lasts_ten_minutes() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    browser.set_up_app(&relay).await;
    browser.sign_in(DSL, DSL_PASSWORD).await;
    relay.advance(10);
    assert_eq!(browser.leads("/inbox").await, "/sign-in?next=%2Finbox");
}

#[tokio::test]
async fn an_app_counts_only_after_its_first_code() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    let page = browser.get("/account/app").await;
    assert!(page.text.contains("<path d=\"M"), "{}", page.text);
    let refused = browser.post("/account/app", &[("code", "123456")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let app = App::reading(&page.text);
    assert!(refused.text.contains(page.text.split("id=\"key\"").nth(1).unwrap().split('<').next().unwrap()));
    assert_eq!(relay.database.number("select count(*) from totp").await, 0);
    relay.advance(11);
    let late = browser.post("/account/app", &[("code", &app.code(&relay))]).await;
    assert_eq!(location(&late), "/account/app", "after ten minutes the secret is another one");
    browser.set_up_app(&relay).await;
    // The database holds the secret, but sealed.
    let row = sqlx::query("select secret from totp").fetch_one(&relay.database.pool).await.unwrap();
    let sealed: Vec<u8> = sqlx::Row::get(&row, 0);
    assert_eq!(sealed.len(), 12 + 20 + 16);
}

#[tokio::test]
async fn after_a_week_a_factor_must_be_there() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    let page = browser.get("/inbox").await;
    assert!(page.text.contains("by Tuesday 1 December 2026"), "{}", page.text);
    relay.advance(7 * DAY - 1);
    browser.sign_in(DSL, DSL_PASSWORD).await;
    assert_eq!(browser.leads("/inbox").await, "");
    relay.advance(1);
    for page in ["/inbox", "/concerns", "/people"] {
        assert_eq!(browser.leads(page).await, "/account", "{page}");
    }
    // What was written before it fell due is not lost without a word: the page that says so can be sent again.
    let id = uuid::Uuid::now_v7().to_string();
    let concern = [
        ("id", id.as_str()),
        ("person_name", "Amira Khan"),
        ("person_role", "subject"),
        ("occurred_precision", "unknown"),
        ("seen_heard", "A bruise."),
    ];
    let sent = browser.post("/concerns/new", &concern).await;
    assert_eq!((sent.status, location(&sent)), (StatusCode::FORBIDDEN, ""), "{}", sent.text);
    for words in ["Nothing was recorded", "in another tab", "reload"] {
        assert!(sent.text.contains(words), "{words}: {}", sent.text);
    }
    let account = browser.get("/account").await;
    assert!(account.text.contains("Set up a second factor to go on"), "{}", account.text);
    browser.set_up_app(&relay).await;
    assert_eq!(browser.leads("/inbox").await, "");
    assert_eq!(location(&browser.post("/concerns/new", &concern).await), format!("/concerns/{id}/recorded"));
    // It cannot be taken away again while it is the only one.
    let kept = browser.post("/account/app/remove", &[]).await;
    assert_eq!(kept.status, StatusCode::BAD_REQUEST, "{}", kept.text);
    assert_eq!(relay.database.number("select count(*) from totp").await, 1);
}

#[tokio::test]
async fn only_staff_can_be_let_off_and_only_by_a_dsl() {
    let relay = Relay::open().await;
    let mut lead = dsl(&relay).await;
    let add = [("name", "Mr Bell"), ("email", "bell@oak.example"), ("role", "staff")];
    let link = link_in(&lead.post("/people", &add).await);
    let mut staff = Browser::new(&relay);
    staff.post(&link, &[("password", "seven green bottles")]).await;
    let mut it = Browser::new(&relay);
    it.sign_in("ian@oak.example", IT_PASSWORD).await;
    assert_eq!(it.post("/signing-in/staff", &[("on", "no")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(location(&lead.post("/signing-in/staff", &[("on", "no")]).await), "/signing-in");
    relay.advance(8 * DAY);
    staff.sign_in("bell@oak.example", "seven green bottles").await;
    assert_eq!(staff.leads("/concerns").await, "");
    lead.sign_in(DSL, DSL_PASSWORD).await;
    assert_eq!(lead.leads("/inbox").await, "/account");
    it.sign_in("ian@oak.example", IT_PASSWORD).await;
    assert_eq!(it.leads("/devices").await, "/account");
}

#[tokio::test]
async fn changing_accounts_wants_a_fresh_proof_and_returns() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    let add = [("name", "Mr Bell"), ("email", "bell@oak.example"), ("role", "staff")];
    // Without a factor the password is the proof.
    relay.advance(16);
    assert_eq!(browser.leads("/people").await, "/confirm?next=%2Fpeople");
    assert_eq!(location(&browser.post("/people", &add).await), "/confirm?next=%2Fpeople&again=yes");
    assert_eq!(relay.database.number("select count(*) from account").await, 2);
    let page = browser.get("/confirm?next=%2Fpeople&again=yes").await;
    assert!(page.text.contains("has <strong>not</strong> been done"), "{}", page.text);
    assert_eq!(
        browser.post("/confirm", &[("password", "wrong")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let proved = browser.post("/confirm", &[("password", DSL_PASSWORD), ("next", "/people")]).await;
    assert_eq!(location(&proved), "/people");
    assert_eq!(browser.post("/people", &add).await.status, StatusCode::OK);
    // With one, a password proves nothing any more.
    let (app, _) = browser.set_up_app(&relay).await;
    relay.advance(16);
    assert_eq!(browser.leads("/people").await, "/confirm?next=%2Fpeople");
    assert_eq!(browser.leads("/inbox").await, "", "reading wants a factor of this session, however old");
    let refused = browser.post("/confirm", &[("password", DSL_PASSWORD)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.post("/confirm", &[("code", &app.code(&relay)), ("next", "//evil.example")]).await;
    assert_eq!(browser.leads("/people").await, "");
    assert_eq!(relay.database.actions("prove").await, 2);
}

/// Which URLs ask for more, or less, than a complete sign-in. A new one belongs here and in the table.
#[test]
fn the_steps_are_those_that_were_agreed() {
    for row in table() {
        if matches!(row.needs, Needs::Nothing | Needs::Device) {
            continue;
        }
        let expected = match row.path {
            "/confirm" | "/sign-out" => Step::First,
            "/account" | "/account/password" => Step::Own,
            path if path.starts_with("/account/sessions/") => Step::Own,
            path if path.starts_with("/account/") => Step::OwnRecent,
            path if path.starts_with("/people") || path.starts_with("/signing-in") => Step::Recent,
            _ => continue,
        };
        assert_eq!(row.step, expected, "{} {}", row.method, row.path);
    }
    let less =
        table().into_iter().filter(|row| matches!(row.step, Step::First | Step::Own | Step::OwnRecent));
    assert!(less.into_iter().all(|row| {
        row.path == "/confirm" || row.path == "/sign-out" || row.path.starts_with("/account")
    }));
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_other_sessions() {
    let relay = Relay::open().await;
    let mut here = dsl(&relay).await;
    let mut elsewhere = Browser::new(&relay);
    elsewhere.sign_in(DSL, DSL_PASSWORD).await;
    let fresh = "velvet otter sings at dawn";
    let wrong = here.post("/account/password", &[("old", "not it at all"), ("new", fresh)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let weak = here.post("/account/password", &[("old", DSL_PASSWORD), ("new", "q1w2e3r4t5y6")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", weak.text);
    assert_eq!(elsewhere.leads("/inbox").await, "");
    let done = here.post("/account/password", &[("old", DSL_PASSWORD), ("new", fresh)]).await;
    assert_eq!(location(&done), "/account", "{}", done.text);
    assert_eq!(here.leads("/inbox").await, "");
    assert_eq!(elsewhere.leads("/inbox").await, "/sign-in?next=%2Finbox");
    assert_eq!(elsewhere.sign_in(DSL, DSL_PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(location(&elsewhere.sign_in(DSL, fresh).await), "/inbox");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_alone() {
    let relay = Relay::open().await;
    let mut here = dsl(&relay).await;
    let (mut second, mut third) = (Browser::new(&relay), Browser::new(&relay));
    second.sign_in(DSL, DSL_PASSWORD).await;
    third.sign_in(DSL, DSL_PASSWORD).await;
    relay.advance(2);
    third.get("/inbox").await;
    let page = here.get("/account").await;
    let handles: Vec<&str> = page
        .text
        .split("/account/sessions/")
        .skip(1)
        .map(|rest| rest.split('/').next().unwrap())
        .filter(|handle| handle.len() == 24)
        .collect();
    // The one that joined by the link, and the two others; not the one that asks.
    assert_eq!(handles.len(), 3, "{}", page.text);
    assert!(page.text.contains("this one") && page.text.contains("A browser on another system"));
    let mut it = Browser::new(&relay);
    it.sign_in("ian@oak.example", IT_PASSWORD).await;
    for handle in &handles {
        it.post(&format!("/account/sessions/{handle}/end"), &[]).await;
    }
    assert_eq!(third.leads("/inbox").await, "", "another person's sessions are not theirs to end");
    // The last used stands first.
    here.post(&format!("/account/sessions/{}/end", handles[0]), &[]).await;
    assert_eq!(third.leads("/inbox").await, "/sign-in?next=%2Finbox");
    assert_eq!(second.leads("/inbox").await, "");
    here.post("/account/sessions/end-others", &[]).await;
    assert_eq!(second.leads("/inbox").await, "/sign-in?next=%2Finbox");
    assert_eq!(here.leads("/inbox").await, "");
}

#[tokio::test]
async fn new_recovery_codes_end_the_old_ones() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    assert_eq!(location(&browser.post("/account/codes", &[]).await), "/account", "none without a factor");
    let (_, old) = browser.set_up_app(&relay).await;
    let new = codes(&browser.post("/account/codes", &[]).await.text);
    assert_eq!(new.len(), 10);
    browser.sign_in(DSL, DSL_PASSWORD).await;
    assert_eq!(
        browser.post("/confirm", &[("recovery", &old[0])]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(location(&browser.post("/confirm", &[("recovery", &new[0])]).await), "/inbox");
    let stored = relay.database.text("select code_hash from recovery_code limit 1").await;
    assert!(stored.len() == 64 && new.iter().all(|code| !stored.contains(&code.replace('-', ""))));
}

#[tokio::test]
async fn recovery_from_the_console_asks_for_a_new_password_and_factor() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    let (_, kept) = browser.set_up_app(&relay).await;
    // A link that a colleague gives changes the password and leaves the factor.
    let plain = path(&relay.app.join_link(DSL).await.unwrap().unwrap());
    let mut thief = Browser::new(&relay);
    thief.post(&plain, &[("password", "velvet otter sings at dawn")]).await;
    assert!(
        thief.leads("/inbox").await.starts_with("/confirm"),
        "a new password does not take the factor away"
    );

    let late = path(&relay.app.recovery_link(DSL).await.unwrap().unwrap());
    relay.advance(60);
    assert_eq!(browser.get(&late).await.status, StatusCode::GONE, "an hour");
    let link = path(&relay.app.recovery_link(DSL).await.unwrap().unwrap());
    assert!(browser.get(&link).await.text.contains("takes away the passkeys"));
    let done = browser.post(&link, &[("password", "harbour violet tractor spoon")]).await;
    assert_eq!(location(&done), "/inbox", "{}", done.text);
    assert_eq!(browser.get(&link).await.status, StatusCode::GONE, "once");
    assert_eq!(browser.leads("/inbox").await, "/account", "no grace: a new factor first");
    let (_, fresh) = browser.set_up_app(&relay).await;
    assert_eq!(browser.leads("/inbox").await, "");
    assert!(!fresh.contains(&kept[0]));
    assert_eq!(relay.database.actions("recover").await, 2, "audited");
    assert!(relay.app.recovery_link("nobody@oak.example").await.unwrap().is_none());
}

#[tokio::test]
async fn a_clock_that_is_half_a_minute_off_is_forgiven() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    let (app, _) = browser.set_up_app(&relay).await;
    relay.advance(2);
    let code = app.code(&relay);
    relay.clock.advance(SignedDuration::from_secs(30));
    browser.sign_in(DSL, DSL_PASSWORD).await;
    assert_eq!(location(&browser.post("/confirm", &[("code", &code)]).await), "/inbox");
}
