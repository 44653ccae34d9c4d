//! A change of the lists on trial, from the page of IT to a pupil's browser and back: visits are counted, and pages stay open.

use anyhow::{Context, Result, ensure};
use lapwing_tests::stage::Stage;
use lapwing_tests::{page, wait};
use serde_json::Value;

const SITE: &str = "trial-casino.example";
const STOPPED: &str = "Not open here";

/// Proposes a list of one site, as IT does with a file.
async fn proposes(stage: &Stage) -> Result<()> {
    let (office, relay) = (&stage.ground.office, &stage.ground.relay.url);
    let folder = tempfile::tempdir()?;
    let list = folder.path().join("casinos.txt");
    std::fs::write(&list, format!("{SITE}\n"))?;
    stage.school.it.sign_in(office, &stage.ground.relay).await?;
    office.goto(&format!("{relay}/lists/sources")).await?;
    page::fill(&office.driver, "What is it called?", "Casinos").await?;
    page::choose(&office.driver, "Plain list, one domain a line").await?;
    page::pick(&office.driver, "What are its sites about?", "Gambling").await?;
    page::press(&office.driver, "Add the source").await?;
    page::fill(&office.driver, "The list, as a file", &list.display().to_string()).await?;
    page::press(&office.driver, "Give the file").await?;
    page::see(&office.driver, "1 rule, since").await?;
    office.goto(&format!("{relay}/lists/sources")).await?;
    page::press(&office.driver, "Propose these lists").await?;
    page::see(&office.driver, "1 rule comes").await
}

/// Runs a script on one of the extension's own pages, which is open afterwards.
async fn asks(stage: &Stage, script: &str) -> Result<Value> {
    let browser = stage.pupil.browser()?;
    browser.goto(&stage.pupil.page("checked")).await?;
    let script = format!("const done = arguments[arguments.length - 1]; {script}");
    Ok(browser.driver.execute_async(script, vec![]).await?.json().clone())
}

/// Makes the device check in now rather than in some minutes.
async fn checks_in(stage: &Stage) -> Result<()> {
    let ring =
        "chrome.alarms.create('check-in', { when: Date.now(), periodInMinutes: 5 }).then(() => done(true));";
    asks(stage, ring).await.map(drop).context("no alarm can be set")
}

/// What the extension keeps of the trial.
async fn keeps(stage: &Stage) -> Result<String> {
    let kept =
        asks(stage, "chrome.storage.local.get('shadow').then(({ shadow }) => done(shadow ?? ''));").await?;
    Ok(kept.as_str().unwrap_or_default().to_owned())
}

/// Whether the trial's pack is on the device.
async fn has_pack(stage: &Stage) -> Result<bool> {
    let read = "
        const opening = indexedDB.open('lapwing');
        opening.onsuccess = () => {
            const reading = opening.result.transaction(['packs']).objectStore('packs').get('shadow');
            reading.onsuccess = () => { opening.result.close(); done(reading.result !== undefined); };
        };";
    Ok(asks(stage, read).await? == true)
}

/// What the page of the proposal says.
async fn shows(stage: &Stage) -> Result<String> {
    stage.ground.office.goto(&format!("{}/lists/proposal", stage.ground.relay.url)).await?;
    page::text(&stage.ground.office.driver).await
}

/// The pupil opens the site, which stays open; waits until that is counted, as the `number`th visit.
async fn visits(stage: &Stage, number: u32) -> Result<()> {
    let browser = stage.pupil.browser()?;
    let url = format!("https://www.{SITE}/page?words=private");
    browser.goto(&url).await?;
    let shown = browser.driver.current_url().await?;
    ensure!(shown.as_str() == url, "the tab shows {shown}");
    wait::until("the visit to be counted", || async {
        // The device may have checked in meanwhile, all by itself.
        let counted = format!("stopped {number} visit");
        let kept = keeps(stage).await?;
        ensure!(!kept.contains("private") && !kept.contains("www."), "more than the site is kept: {kept}");
        Ok((kept.contains(SITE) || shows(stage).await?.contains(&counted)).then_some(()))
    })
    .await
}

/// Checks in, and waits until the page says so and the device has forgotten what it told.
async fn tells(stage: &Stage, words: &str) -> Result<()> {
    checks_in(stage).await?;
    wait::until("the device to forget what it told", || async {
        Ok((!keeps(stage).await?.contains(SITE)).then_some(()))
    })
    .await?;
    wait::until(&format!("“{words}” on the page"), || async {
        let shown = shows(stage).await?;
        ensure!(shown.contains(words), "the page shows: {shown}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_trial_counts_visits_and_stops_nothing_until_it_is_approved() {
    let stage = Stage::open().await.unwrap();
    let office = &stage.ground.office;
    proposes(&stage).await.unwrap();
    page::press(&office.driver, "Try for a week").await.unwrap();
    page::see(&office.driver, "would have stopped 0 visits").await.unwrap();

    checks_in(&stage).await.unwrap();
    wait::until("the trial’s pack on the device", || async { Ok(has_pack(&stage).await?.then_some(())) })
        .await
        .unwrap();
    visits(&stage, 1).await.unwrap();
    tells(&stage, "stopped 1 visit on 1 site").await.unwrap();
    page::see(&office.driver, SITE).await.unwrap();

    // By a worker that has slept, which reads the pack anew.
    stage.pupil.stop_worker().await.unwrap();
    visits(&stage, 2).await.unwrap();
    tells(&stage, "stopped 2 visits on 1 site").await.unwrap();

    // Approved, the list stops the site, and the device forgets the trial.
    page::press(&office.driver, "Put these lists in force").await.unwrap();
    page::see(&office.driver, "Lists of sites").await.unwrap();
    checks_in(&stage).await.unwrap();
    wait::until("the trial to be forgotten", || async { Ok(keeps(&stage).await?.is_empty().then_some(())) })
        .await
        .unwrap();
    assert!(!has_pack(&stage).await.unwrap());
    wait::until("the site to be stopped", || async {
        let browser = stage.pupil.browser()?;
        browser.goto(&format!("https://{SITE}/")).await?;
        Ok(browser.driver.title().await?.starts_with(STOPPED).then_some(()))
    })
    .await
    .unwrap();
}
