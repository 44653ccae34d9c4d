//! Addresses: stopped before they load, also when the worker slept, in frames, and on pages that change their address by
//! themselves.

use lapwing_tests::{Stage, page, wait};
use thirtyfour::prelude::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_site_is_never_asked_even_by_a_worker_that_slept() {
    let stage = Stage::open().await.unwrap();
    let desk = stage.desk().await.unwrap();
    let (pupil, site) = (&stage.pupil, &stage.ground.site);

    pupil.is_stopped_at("https://www.bet365.com/", "Not open here").await.unwrap();
    for host in ["www.paddypower.com", "www.williamhill.com", "www.skybet.com"] {
        pupil.stop_worker().await.unwrap();
        pupil.is_stopped_at(&format!("https://{host}/"), "Not open here").await.unwrap();
        assert!(!site.was_asked(host), "{host} was asked while the worker woke");
    }
    desk.wait_for_alerts(4).await.unwrap();

    // What is not listed is left alone.
    pupil.opens("/textarea").await.unwrap();
    assert_eq!(pupil.browser().unwrap().driver.title().await.unwrap(), "A textarea");

    // A page of another site in a frame.
    let browser = pupil.browser().unwrap();
    let frame = "
        const frame = document.createElement('iframe');
        frame.id = 'frame';
        frame.src = 'https://www.betfair.com/';
        document.body.append(frame);";
    browser.driver.execute(frame, vec![]).await.unwrap();
    browser.driver.find(By::Id("frame")).await.unwrap().enter_frame().await.unwrap();
    page::see(&browser.driver, "is not open here").await.unwrap();
    browser.driver.enter_default_frame().await.unwrap();
    assert!(!site.was_asked("www.betfair.com"));

    // A browser that starts with the worker asleep.
    let mut stage = stage;
    stage.pupil.close().await.unwrap();
    stage.pupil.open_again().await.unwrap();
    stage.pupil.is_stopped_at("https://www.coral.co.uk/", "Not open here").await.unwrap();
    assert!(!stage.ground.site.was_asked("www.coral.co.uk"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_seen_once_wherever_its_words_appear() {
    let stage = Stage::open().await.unwrap();
    let desk = stage.desk().await.unwrap();
    let pupil = &stage.pupil;

    // Typed into the box, then in the address of the results.
    pupil.types_at("https://www.google.com/search-box", "how to kill myself\u{e007}").await.unwrap();
    let driver = &pupil.browser().unwrap().driver;
    wait::until("the support page", || async {
        Ok(driver.title().await?.starts_with("Help is here").then_some(()))
    })
    .await
    .unwrap();
    desk.wait_for_alerts(1).await.unwrap();
    assert!(!stage.ground.site.requests().contains(&"www.google.com/search".to_owned()));

    // A page that changes its own address.
    pupil
        .types_at("https://www.youtube.com/single-page-app", "how to tie a noose to hang myself")
        .await
        .unwrap();
    page::press(driver, "Search").await.unwrap();
    wait::until("the support page", || async {
        Ok(driver.title().await?.starts_with("Help is here").then_some(()))
    })
    .await
    .unwrap();
    desk.wait_for_alerts(2).await.unwrap();

    // The search that wakes a worker, which cannot read its words before it has its phrases: it waits, unasked.
    for words in ["how+to+make+myself+throw+up", "best+way+to+cut+myself"] {
        pupil.stop_worker().await.unwrap();
        pupil.browser().unwrap().goto(&format!("https://www.bing.com/search?q={words}")).await.unwrap();
        wait::until("the support page", || async {
            Ok(driver.title().await?.starts_with("Help is here").then_some(()))
        })
        .await
        .unwrap();
    }
    desk.wait_for_alerts(4).await.unwrap();
    assert!(!stage.ground.site.was_asked("www.bing.com"));
    // A harmless one goes on by itself.
    pupil.stop_worker().await.unwrap();
    pupil.browser().unwrap().goto("https://www.bing.com/search?q=how+bees+make+honey").await.unwrap();
    wait::until("the results", || async {
        Ok(driver.current_url().await?.as_str().starts_with("https://www.bing.com/search?").then_some(()))
    })
    .await
    .unwrap();
}
