//! The daily test, from the packed extension in a real browser to the relay's pages: a device in order proves itself without
//! making an alert; one whose lists are broken, or whose policy opens the address, is shown as failing.

use std::fs;

use anyhow::{Result, ensure};
use lapwing_tests::stage::Ground;
use lapwing_tests::{Between, Policy, Pupil, School, Stage, page, wait};
use serde_json::{Value, json};

/// Makes the worker check in now rather than in some minutes.
async fn check_in(pupil: &Pupil) -> Result<()> {
    let browser = pupil.browser()?;
    browser.goto(&pupil.page("checked")).await?;
    let ring = "chrome.alarms.create('check-in', { when: Date.now(), periodInMinutes: 0.5 });";
    browser.driver.execute(ring, vec![]).await?;
    Ok(())
}

/// Waits until a page of the relay says this.
async fn says(ground: &Ground, path: &str, words: &str) -> Result<()> {
    wait::until(&format!("“{words}” on {path}"), || async {
        ground.office.goto(&format!("{}{path}", ground.relay.url)).await?;
        let text = page::text(&ground.office.driver).await?;
        ensure!(text.contains(words), "the page says: {text}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_proves_itself_and_makes_no_alert_and_a_policy_that_opens_the_address_is_found() {
    let stage = Stage::open().await.unwrap();
    stage.school.it.sign_in(&stage.ground.office, &stage.ground.relay).await.unwrap();
    says(&stage.ground, "/devices", "Daily test held").await.unwrap();
    // The office’s browser stands on the same machine, and may be under the policy too.
    says(&stage.ground, "/evidence", "devices in use have proved").await.unwrap();
    assert_eq!(stage.ground.store().counts().await.unwrap().0, 0);

    // By hand: the block page comes, and nobody is told.
    stage.pupil.is_stopped_at("https://canary.lapwing.test/", "Not open here").await.unwrap();
    stage
        .pupil
        .types("/textarea", "Lapwing daily test: marmalade lighthouse borrows eleven umbrellas")
        .await
        .unwrap();

    let mut policy: Value = serde_json::from_str(&stage.school.policy).unwrap();
    let id = stage.school.extension_id().unwrap();
    policy["3rdparty"]["extensions"][&id]["allowed_sites"] = json!(["canary.lapwing.test"]);
    stage.policy.change(&policy.to_string()).unwrap();
    says(&stage.ground, "/devices", "the daily test. What the test found").await.unwrap();
    says(&stage.ground, "/devices", "allowed_sites in device management opens it").await.unwrap();
    says(&stage.ground, "/evidence", "in use this week fail").await.unwrap();
    assert_eq!(stage.ground.store().counts().await.unwrap().0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_whose_lists_are_broken_fails_and_proves_itself_when_they_are_whole() {
    let ground = Ground::start().await.unwrap();
    let school = School::set_up(&ground.office, &ground.relay, None).await.unwrap();
    let between = Between::start(&ground.relay.url, &ground.certificate).unwrap();
    let mut policy: Value = serde_json::from_str(&school.policy).unwrap();
    let id = school.extension_id().unwrap();
    policy["3rdparty"]["extensions"][&id]["relay_url"] = json!(between.url);
    let _policy = Policy::put(&policy.to_string()).unwrap();
    let pupil = ground.pupil(&school).await.unwrap();
    school.it.sign_in(&ground.office, &ground.relay).await.unwrap();
    says(&ground, "/devices", "Daily test held").await.unwrap();

    // One bit of the published lists is changed on the way: the device refuses them, and so cannot prove them.
    let folder = tempfile::tempdir().unwrap();
    let (list, pack) =
        (folder.path().join("list.txt"), folder.path().join("whole.pack").display().to_string());
    fs::write(&list, "casino.example\n").unwrap();
    let list = format!("plain:gambling={}", list.display());
    between.flips(Some(5));
    for words in [
        &["lists", "build", "--source", list.as_str(), "--version", "1000", "--out", &pack][..],
        &["lists", "publish", "--pack", &pack],
    ] {
        let done = ground.relay.command(words).await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    check_in(&pupil).await.unwrap();
    // The first check-in hears of the lists; one after they were refused tells of it.
    wait::until("the device to be shown as failing", || async {
        check_in(&pupil).await?;
        ground.office.goto(&format!("{}/devices", ground.relay.url)).await?;
        let text = page::text(&ground.office.driver).await?;
        ensure!(text.contains("Daily test failed: sites of the published lists"), "{text}");
        Ok(Some(()))
    })
    .await
    .unwrap();

    // The same lists again, whole.
    between.flips(None);
    let again = ["lists", "build", "--source", list.as_str(), "--version", "1001", "--out", &pack];
    for words in [&again[..], &["lists", "publish", "--pack", &pack]] {
        let done = ground.relay.command(words).await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let is_due_later = "
        const done = arguments[arguments.length - 1];
        chrome.storage.local.get('canary').then(({ canary }) => done(canary?.due_at > Date.now()));";
    wait::until("the device to have proved itself", || async {
        check_in(&pupil).await?;
        let answer = pupil.browser()?.driver.execute_async(is_due_later, vec![]).await?;
        ensure!(answer.json().as_bool() == Some(true), "another test is due at once");
        Ok(Some(()))
    })
    .await
    .unwrap();
}
