//! Guessing is slowed down, across relays, and nobody who guesses can keep the owner out.

use crate::fresh::{DSL_PASSWORD, Relay, location};
use crate::person::Browser;
use axum::http::{StatusCode, header};
use jiff::SignedDuration;

const DSL: &str = "adeyemi@oak.example";

/// Guesses until the relay says to wait. Answers how many guesses were judged.
async fn guess(browser: &mut Browser, email: &str) -> usize {
    for judged in 0..200 {
        if browser.sign_in(email, "not the password at all").await.status == StatusCode::TOO_MANY_REQUESTS {
            return judged;
        }
    }
    panic!("never slowed down");
}

#[tokio::test]
async fn whoever_guesses_elsewhere_or_nearby_does_not_keep_the_owner_out() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    let mut known = Browser::at(&relay, "203.0.113.9:1");
    known.sign_in(DSL, DSL_PASSWORD).await;
    // A pupil on the school's own network, without the cookie of a known browser.
    let mut pupil = Browser::at(&relay, "203.0.113.9:2");
    assert_eq!(guess(&mut pupil, DSL).await, 6);
    assert_eq!(pupil.sign_in(DSL, DSL_PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        location(&known.sign_in(DSL, DSL_PASSWORD).await),
        "/inbox",
        "the DSL's own browser, same network"
    );
    let mut away = Browser::at(&relay, "198.51.100.1:1");
    assert_eq!(location(&away.sign_in(DSL, DSL_PASSWORD).await), "/inbox", "a new browser, another network");
}

#[tokio::test]
async fn a_flood_from_the_schools_own_network_keeps_strangers_waiting_and_nobody_who_works_there() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    let mut known = Browser::at(&relay, "203.0.113.9:1");
    known.sign_in(DSL, DSL_PASSWORD).await;
    let mut pupil = Browser::at(&relay, "203.0.113.9:2");
    for number in 0..60 {
        pupil.sign_in(&format!("{number}@oak.example"), "not the password at all").await;
    }
    let mut stranger = Browser::at(&relay, "203.0.113.9:3");
    assert_eq!(stranger.sign_in(DSL, DSL_PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(location(&known.sign_in(DSL, DSL_PASSWORD).await), "/inbox");
    stranger.cookies.insert("__Host-lapwing-browser".into(), "made-up".into());
    assert_eq!(stranger.sign_in(DSL, DSL_PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_wait_grows_holds_on_every_relay_and_ends() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    let mut thief = Browser::new(&relay);
    guess(&mut thief, DSL).await;
    thief.through(relay.another());
    let mut waits = Vec::new();
    for _ in 0..9 {
        let refused = thief.sign_in(DSL, DSL_PASSWORD).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "another relay knows of it");
        let seconds: i64 = refused.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        waits.push(seconds);
        relay.clock.advance(SignedDuration::from_secs(seconds));
        let judged = thief.sign_in(DSL, "not the password at all").await;
        assert_eq!(judged.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 900, 900]);
    relay.clock.advance(SignedDuration::from_secs(900));
    assert_eq!(location(&thief.sign_in(DSL, DSL_PASSWORD).await), "/inbox");
    assert_eq!(guess(&mut Browser::at(&relay, "198.51.100.8:1"), DSL).await, 6, "a new start elsewhere");
}

#[tokio::test]
async fn an_address_without_an_account_is_slowed_down_just_the_same() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    let mut one = Browser::at(&relay, "198.51.100.1:1");
    let mut two = Browser::at(&relay, "198.51.100.2:1");
    assert_eq!(guess(&mut one, DSL).await, guess(&mut two, "nobody@oak.example").await);
    let (real, none) = (one.sign_in(DSL, "x").await, two.sign_in("nobody@oak.example", "x").await);
    assert_eq!(real.text.replace(DSL, "nobody@oak.example"), none.text);
    // Neither address nor network can be read from the counters.
    let names = relay.database.text("select max(bucket) from sign_in_try").await;
    assert_eq!(names.len(), 64);
}

#[tokio::test]
async fn guessing_codes_from_many_networks_is_slowed_down_as_a_whole() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    let mut known = Browser::at(&relay, "203.0.113.9:1");
    known.sign_in(DSL, DSL_PASSWORD).await;
    let (app, _) = known.set_up_app(&relay).await;
    let mut judged = 0;
    'networks: for network in 1..20 {
        let mut thief = Browser::at(&relay, &format!("192.0.2.{network}:1"));
        thief.sign_in(DSL, DSL_PASSWORD).await;
        for _ in 0..5 {
            if thief.post("/confirm", &[("code", "000000")]).await.status == StatusCode::TOO_MANY_REQUESTS {
                break 'networks;
            }
            judged += 1;
        }
    }
    assert_eq!(judged, 21, "twenty, and the one after which a wait begins");
    relay.advance(1);
    known.sign_in(DSL, DSL_PASSWORD).await;
    let done = known.post("/confirm", &[("code", &app.code(&relay))]).await;
    assert_eq!(location(&done), "/inbox", "the owner's browser is not held up");
}

#[tokio::test]
async fn many_guesses_at_once_gain_nothing() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    let tries = (0..20).map(|_| async {
        let mut thief = Browser::new(&relay);
        thief.sign_in(DSL, "not the password at all").await.status
    });
    let answers = futures_util::future::join_all(tries).await;
    let judged = answers.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert!(judged <= 6, "{judged} were judged");
    assert!(answers.iter().all(|status| status.is_client_error()), "{answers:?}");
}
