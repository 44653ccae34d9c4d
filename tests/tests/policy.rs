//! The school's policy: without it Lapwing does not watch, and a change of it holds at once.

use std::path::PathBuf;

use lapwing_tests::browser::{Browser, Start};
use lapwing_tests::stage::Ground;
use lapwing_tests::{Stage, page, wait};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_the_school_blocks_is_blocked_in_browsers_that_run() {
    let stage = Stage::open().await.unwrap();
    let desk = stage.desk().await.unwrap();
    let browser = stage.pupil.browser().unwrap();
    stage.pupil.opens("/textarea").await.unwrap();

    let mut policy: Value = serde_json::from_str(&stage.school.policy).unwrap();
    let id = stage.school.extension_id().unwrap();
    policy["3rdparty"]["extensions"][&id]["blocked_sites"] = serde_json::json!(["unfair.example"]);
    stage.policy.change(&policy.to_string()).unwrap();
    wait::until("the new policy to hold", || async {
        browser.goto("https://www.unfair.example/").await?;
        Ok(browser.driver.title().await?.starts_with("Not open here").then_some(()))
    })
    .await
    .unwrap();

    // A policy with a mistake is refused, the last good one stays in force, and the popup says what is wrong.
    policy["3rdparty"]["extensions"][&id]["year_group"] = serde_json::json!("ninth");
    stage.policy.change(&policy.to_string()).unwrap();
    wait::until("the popup to name the mistake", || async {
        browser.goto(&stage.pupil.page("popup")).await?;
        page::see(&browser.driver, "Lapwing is on").await?;
        Ok(page::text(&browser.driver).await?.contains("year_group").then_some(()))
    })
    .await
    .unwrap();
    stage.pupil.is_stopped_at("https://unfair.example/", "Not open here").await.unwrap();
    stage.pupil.types("/textarea", "i want to kill myself tonight").await.unwrap();
    desk.wait_for_row("/episodes/", "uicide").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn installed_by_hand_it_watches_nobody_and_says_so() {
    let ground = Ground::start().await.unwrap();
    let unpacked = std::env::var_os("LAPWING_EXTENSION").map(PathBuf::from);
    let unpacked =
        unpacked.expect("LAPWING_EXTENSION names the unpacked extension: start this by `cargo xtask test`");
    let folder = tempfile::tempdir().unwrap();
    let start = Start { profile: folder.path(), trust: &[&ground.certificate.spki], web: ground.site.port };
    let browser =
        Browser::start_with(&start, &[format!("--load-extension={}", unpacked.display())]).await.unwrap();

    let id = browser.extension_id().await.unwrap();
    browser.goto(&format!("chrome-extension://{id}/pages/popup.html")).await.unwrap();
    page::see(&browser.driver, "Lapwing is off").await.unwrap();
    page::see(&browser.driver, "It works only where a school has put it").await.unwrap();
    browser.goto("https://www.bet365.com/").await.unwrap();
    assert_eq!(browser.driver.title().await.unwrap(), "A plain page");
    browser.close().await.unwrap();
}
