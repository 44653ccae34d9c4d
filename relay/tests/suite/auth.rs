//! Getting in: set-up, one-time links, passwords, sessions, and what ends them.

use crate::device::ask;
use crate::fresh::{
    DSL_PASSWORD, IT_PASSWORD, Relay, SET_UP, cookie, form, link_in, location, path, set_cookie,
};
use axum::http::{StatusCode, header};
use jiff::SignedDuration;

#[tokio::test]
async fn set_up_works_once_and_shows_the_dsls_link_once() {
    let relay = Relay::open().await;
    let first = relay.set_up_link().await;
    let link = relay.set_up_link().await;
    assert_eq!(relay.get("", &first).await.status, StatusCode::GONE, "a newer link replaces it");
    assert_eq!(relay.get("", &link).await.status, StatusCode::OK);
    let done = relay.post("", &link, &SET_UP).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let it = cookie(&done);
    assert_eq!(location(&relay.get(&it, "/").await), "/devices");
    assert_eq!(relay.get(&it, "/inbox").await.status, StatusCode::FORBIDDEN);
    assert_eq!(relay.post("", &link, &SET_UP).await.status, StatusCode::GONE);
    assert!(relay.app.set_up_link().await.unwrap().is_none(), "a school is set up once");
    assert_eq!(relay.database.number("select count(*) from school").await, 1);
    assert_eq!(relay.database.number("select count(*) from account where password_hash is null").await, 1);
    assert_eq!(
        relay.database.text("select email from account where role = 'it_admin'").await,
        "ian@oak.example"
    );

    let link = link_in(&done);
    let joined = relay.post("", &link, &[("password", DSL_PASSWORD)]).await;
    assert_eq!(location(&joined), "/inbox");
    assert_eq!(relay.get(&cookie(&joined), "/inbox").await.status, StatusCode::OK);
    assert_eq!(relay.get("", &link).await.status, StatusCode::GONE);
    assert_eq!(relay.post("", &link, &[("password", IT_PASSWORD)]).await.status, StatusCode::GONE);
    assert_eq!(
        relay.sign_in("adeyemi@oak.example", IT_PASSWORD).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn a_set_up_form_with_something_wrong_loses_nothing_but_the_password() {
    let relay = Relay::open().await;
    let link = relay.set_up_link().await;
    let mut fields = SET_UP;
    fields[3].1 = "password1234";
    fields[5].1 = "ian@oak.example";
    let page = relay.post("", &link, &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "Oak Park School",
        "Mrs Adeyemi",
        "href=\"#password\"",
        "href=\"#dsl_email\"",
        "e-mail address of their own",
    ] {
        assert!(page.text.contains(part), "{part} is missing from {}", page.text);
    }
    assert!(!page.text.contains("password1234"));
    assert_eq!(relay.database.number("select count(*) from school").await, 0);
    assert_eq!(relay.post("", &link, &SET_UP).await.status, StatusCode::OK, "the link still works");
}

#[tokio::test]
async fn links_end_in_time() {
    let relay = Relay::open().await;
    let link = relay.set_up_link().await;
    relay.advance(60 * 24);
    assert_eq!(relay.get("", &link).await.status, StatusCode::GONE);
    assert_eq!(relay.post("", &link, &SET_UP).await.status, StatusCode::GONE);
    let (_, join) = relay.set_up().await;
    relay.advance(60 * 24 * 7);
    assert_eq!(relay.get("", &join).await.status, StatusCode::GONE);
    let again = path(&relay.app.join_link("adeyemi@oak.example").await.unwrap().unwrap());
    assert_eq!(relay.get("", &again).await.status, StatusCode::OK);
    assert!(relay.app.join_link("nobody@oak.example").await.unwrap().is_none());
}

#[tokio::test]
async fn the_cookie_is_locked_to_this_host_and_new_at_each_sign_in() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    let first = relay.sign_in(" Adeyemi@oak.example ", DSL_PASSWORD).await;
    assert_eq!(location(&first), "/inbox", "{}", first.text);
    let set = set_cookie(&first);
    assert!(set.starts_with("__Host-lapwing="), "{set}");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(set.contains(part), "{part} is missing from {set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    let token = cookie(&first);
    assert!(token.len() >= "__Host-lapwing=".len() + 43, "256 bits: {token}");
    let stored = relay.database.text("select token_hash from session order by created_at desc limit 1").await;
    assert!(!token.contains(&stored));

    let fields = [("email", "adeyemi@oak.example"), ("password", DSL_PASSWORD), ("next", "/concerns?all=1")];
    let second = relay.post(&token, "/sign-in", &fields).await;
    assert_eq!(location(&second), "/concerns?all=1");
    assert_ne!(cookie(&second), token);
    assert_eq!(location(&relay.get(&token, "/inbox").await), "/sign-in?next=%2Finbox", "the old one ended");
}

#[tokio::test]
async fn wrong_password_and_unknown_address_get_the_same_answer() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    let wrong = relay.sign_in("adeyemi@oak.example", "not the password at all").await;
    let unknown = relay.sign_in("nobody@oak.example", "not the password at all").await;
    assert_eq!(
        (wrong.status, unknown.status),
        (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY)
    );
    assert_eq!(wrong.text.replace("adeyemi@", "nobody@"), unknown.text);
    assert!(wrong.headers.get(header::SET_COOKIE).is_none());
    let elsewhere =
        [("email", "adeyemi@oak.example"), ("password", DSL_PASSWORD), ("next", "//evil.example")];
    assert_eq!(location(&relay.post("", "/sign-in", &elsewhere).await), "/inbox");
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_with_a_clear_answer() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    for _ in 0..10 {
        relay.sign_in("adeyemi@oak.example", "not the password at all").await;
    }
    let slowed = relay.sign_in("adeyemi@oak.example", DSL_PASSWORD).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    let seconds: i64 = slowed.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!(slowed.text.contains(&format!("Try again in {seconds} seconds")), "{}", slowed.text);
    assert_eq!(
        location(&relay.sign_in("ian@oak.example", IT_PASSWORD).await),
        "/devices",
        "others are not held up"
    );
    relay.clock.advance(SignedDuration::from_secs(seconds));
    assert_eq!(location(&relay.sign_in("adeyemi@oak.example", DSL_PASSWORD).await), "/inbox");
}

#[tokio::test]
async fn a_session_ends_after_an_hour_without_use_and_twelve_hours_in_all() {
    let relay = Relay::open().await;
    let (it, dsl) = relay.with_dsl().await;
    for _ in 0..14 {
        relay.advance(50);
        assert_eq!(relay.get(&dsl, "/inbox").await.status, StatusCode::OK, "use keeps it");
    }
    assert_eq!(location(&relay.get(&it, "/devices").await), "/sign-in?next=%2Fdevices", "unused for an hour");
    relay.advance(21);
    assert_eq!(relay.get(&dsl, "/inbox").await.status, StatusCode::SEE_OTHER, "twelve hours");
    let late = relay.post(&dsl, "/people", &[]).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
    assert!(late.text.contains("Nothing was sent"), "{}", late.text);
}

#[tokio::test]
async fn signing_out_ends_the_session_at_the_server() {
    let relay = Relay::open().await;
    let (_, dsl) = relay.with_dsl().await;
    let out = relay.post(&dsl, "/sign-out", &[]).await;
    assert_eq!(location(&out), "/sign-in");
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(relay.get(&dsl, "/inbox").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_closed_account_is_out_at_once() {
    let relay = Relay::open().await;
    let (it, dsl) = relay.with_dsl().await;
    let add = [("name", "Mr Price"), ("email", "price@oak.example"), ("role", "dsl"), ("trusted", "yes")];
    let link = link_in(&relay.post(&dsl, "/people", &add).await);
    let price = cookie(&relay.post("", &link, &[("password", "seven green bottles")]).await);
    assert_eq!(relay.get(&price, "/inbox").await.status, StatusCode::OK);
    let id = relay.database.text("select id from account where email = 'price@oak.example'").await;
    let fresh = link_in(&relay.post(&dsl, &format!("/people/{id}/link"), &[]).await);
    let closed = relay.post(&it, &format!("/people/{id}/close"), &[]).await;
    assert_eq!(location(&closed), "/people", "{}", closed.text);
    assert_eq!(relay.get(&price, "/inbox").await.status, StatusCode::SEE_OTHER);
    assert_eq!(relay.get("", &fresh).await.status, StatusCode::GONE);
    let back = relay.sign_in("price@oak.example", "seven green bottles").await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(relay.get(&it, &format!("/people/{id}")).await.text.contains("<dd>price@oak.example</dd>"));

    // Whoever comes back is somebody new, with the address that they had.
    let link = link_in(&relay.post(&dsl, "/people", &add).await);
    let again = cookie(&relay.post("", &link, &[("password", "eight green bottles")]).await);
    assert_eq!(relay.get(&again, "/inbox").await.status, StatusCode::OK);
    assert_eq!(relay.get(&price, "/inbox").await.status, StatusCode::SEE_OTHER);
    let now = relay.database.text("select id from account where email = 'price@oak.example'").await;
    assert_ne!(now, id);
    let taken = relay.post(&dsl, "/people", &add).await;
    assert!(taken.text.contains("There is an account with this e-mail address already"), "{}", taken.text);
}

#[tokio::test]
async fn it_and_a_dsl_sign_somebody_out_everywhere() {
    let relay = Relay::open().await;
    let (it, dsl) = relay.with_dsl().await;
    let (word, email) = ("seven green bottles", "price@oak.example");
    let add = [("name", "Mr Price"), ("email", email), ("role", "staff")];
    let link = link_in(&relay.post(&dsl, "/people", &add).await);
    let first = cookie(&relay.post("", &link, &[("password", word)]).await);
    let id = relay.database.text("select id from account where email = 'price@oak.example'").await;
    let mut here = vec![first];
    for who in [&it, &dsl] {
        here.push(cookie(&relay.sign_in(email, word).await));
        for browser in &here {
            assert_eq!(relay.get(browser, "/concerns/new").await.status, StatusCode::OK);
        }
        let done = relay.post(who, &format!("/people/{id}/sign-out"), &[]).await;
        assert_eq!(location(&done), format!("/people/{id}"), "{}", done.text);
        for browser in here.drain(..) {
            assert_eq!(relay.get(&browser, "/concerns/new").await.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(relay.get(who, &format!("/people/{id}")).await.status, StatusCode::OK, "not who did it");
    }
    assert_eq!(relay.database.actions("end_sessions").await, 2);
}

#[tokio::test]
async fn the_last_dsl_and_ones_own_account_cannot_be_closed() {
    let relay = Relay::open().await;
    let (it, dsl) = relay.with_dsl().await;
    let adeyemi = relay.database.text("select id from account where role = 'dsl'").await;
    let last = relay.post(&it, &format!("/people/{adeyemi}/close"), &[]).await;
    assert_eq!(last.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(last.text.contains("Add another first"), "{}", last.text);
    assert_eq!(
        relay.post(&dsl, &format!("/people/{adeyemi}/close"), &[]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(relay.get(&dsl, "/inbox").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_dsl_who_was_only_invited_does_not_stand_in_for_the_last_one() {
    let relay = Relay::open().await;
    let (it, dsl) = relay.with_dsl().await;
    let adeyemi = relay.database.text("select id from account where role = 'dsl'").await;
    let add = [("name", "Mr Price"), ("email", "price@oak.example"), ("role", "dsl"), ("trusted", "yes")];
    let link = link_in(&relay.post(&dsl, "/people", &add).await);
    let last = relay.post(&it, &format!("/people/{adeyemi}/close"), &[]).await;
    assert_eq!(last.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(last.text.contains("only safeguarding lead (DSL) who can sign in"), "{}", last.text);
    relay.post("", &link, &[("password", "seven green bottles")]).await;
    let closed = relay.post(&it, &format!("/people/{adeyemi}/close"), &[]).await;
    assert_eq!(location(&closed), "/people", "{}", closed.text);
}

#[tokio::test]
async fn it_cannot_become_a_dsl_by_a_link_and_pupils_cannot_choose_it() {
    let relay = Relay::open().await;
    let (it, dsl) = relay.with_dsl().await;
    let adeyemi = relay.database.text("select id from account where role = 'dsl'").await;
    let ian = relay.database.text("select id from account where role = 'it_admin'").await;
    assert_eq!(relay.post(&it, &format!("/people/{adeyemi}/link"), &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(relay.post(&dsl, &format!("/people/{ian}/link"), &[]).await.status, StatusCode::FORBIDDEN);
    let chosen = relay.post(&dsl, &format!("/people/{ian}"), &[("trusted", "yes")]).await;
    assert_eq!(chosen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(relay.database.number("select count(*) from account where trusted_adult = 1").await, 1);
}

#[tokio::test]
async fn it_gains_no_account_that_reads_what_pupils_write() {
    let relay = Relay::open().await;
    let (it, dsl) = relay.with_dsl().await;
    let second = [("name", "Eve"), ("email", "eve@oak.example"), ("role", "dsl")];
    let refused = relay.post(&it, "/people", &second).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Only a DSL can add this role"), "{}", refused.text);
    let chosen = [("name", "Eve"), ("email", "eve@oak.example"), ("role", "staff"), ("trusted", "yes")];
    assert_eq!(relay.post(&it, "/people", &chosen).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    link_in(&relay.post(&dsl, "/people", &chosen).await);
    let eve = relay.database.text("select id from account where email = 'eve@oak.example'").await;
    assert_eq!(relay.post(&it, &format!("/people/{eve}/link"), &[]).await.status, StatusCode::FORBIDDEN);
    relay.post(&it, &format!("/people/{eve}"), &[("job", "Form tutor")]).await;
    assert_eq!(
        relay.database.text("select job from account where trusted_adult = 1 and name = 'Eve'").await,
        "Form tutor",
        "IT mends the words and leaves the choice"
    );
}

#[tokio::test]
async fn one_address_has_one_account() {
    let relay = Relay::open().await;
    let (it, _) = relay.with_dsl().await;
    let again = [("name", "Another"), ("email", "ADEYEMI@oak.example"), ("role", "staff")];
    let page = relay.post(&it, "/people", &again).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("already") && page.text.contains("value=\"Another\""), "{}", page.text);
}

#[tokio::test]
async fn a_change_from_another_site_is_refused() {
    let relay = Relay::open().await;
    let (it, _) = relay.with_dsl().await;
    let add = [("name", "Eve"), ("email", "eve@oak.example"), ("role", "staff")];
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let mut request = form(&it, "/people", &add);
        request.headers_mut().remove("sec-fetch-site");
        request.headers_mut().insert(name, value.parse().unwrap());
        let answer = ask(&relay.router, request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
        assert!(answer.text.contains("another site"), "{}", answer.text);
    }
    assert_eq!(relay.database.number("select count(*) from account").await, 2);
    let mut own = form(&it, "/people", &add);
    own.headers_mut().remove("sec-fetch-site");
    own.headers_mut().insert("origin", "https://relay.school.example".parse().unwrap());
    assert_eq!(ask(&relay.router, own).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_way_in_leaves_an_audit_row_without_address_or_token() {
    let relay = Relay::open().await;
    let (_, dsl) = relay.with_dsl().await;
    relay.post(&dsl, "/sign-out", &[]).await;
    relay.sign_in("adeyemi@oak.example", DSL_PASSWORD).await;
    for (action, times) in [("sign_in", 3), ("sign_out", 1), ("set_password", 1), ("create", 2)] {
        let rows = relay.database.actions(action).await;
        assert_eq!(rows, times, "{action}");
    }
    assert_eq!(relay.database.number("select count(*) from audit_event where detail like '%@%'").await, 0);
}
