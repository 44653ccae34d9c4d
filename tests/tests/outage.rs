//! When things fail: the relay is killed, the browser is killed, and nothing is lost or counted twice.

use std::time::Duration;

use lapwing_tests::device::{Device, alert};
use lapwing_tests::load::Store;
use lapwing_tests::{Stage, page, wait};
use sqlx::{Connection as _, Row as _};

const GRAVE: &str = "i want to kill myself tonight";
/// Several tries with growing pauses fit into this.
const DELIVERY: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn alerts_and_a_report_outlive_relay_and_browser() {
    let mut stage = Stage::open().await.unwrap();
    stage.pupil.types("/textarea", GRAVE).await.unwrap();
    stage.desk().await.unwrap().wait_for_alerts(1).await.unwrap();

    // Like a power cut: what it acknowledged must be there.
    stage.ground.relay.kill().await.unwrap();
    stage.pupil.types("/textarea", GRAVE).await.unwrap();
    stage.pupil.types("/contenteditable", GRAVE).await.unwrap();
    stage.pupil.waits_to_send(2).await.unwrap();
    let receipt = stage.pupil.reports("Mr Evans", "Somebody takes my lunch money").await.unwrap();
    page::see(&stage.pupil.browser().unwrap().driver, "It has not been sent yet").await.unwrap();
    stage.pupil.close().await.unwrap();

    stage.ground.relay.start_again().await.unwrap();
    stage.pupil.open_again().await.unwrap();
    let desk = stage.desk().await.unwrap();
    desk.wait_for_alerts_within(DELIVERY, 3).await.unwrap();
    desk.wait_for_row("/reports/", "eport").await.unwrap();
    stage.pupil.waits_to_send(0).await.unwrap();
    assert!(stage.pupil.reads_replies(&receipt).await.unwrap().contains("There is no reply yet"));
}

/// The relay's rows, changed while it rests, so that it remembers nothing else.
async fn rewritten(stage: &mut Stage, sql: &'static str) -> anyhow::Result<()> {
    stage.ground.relay.stop().await?;
    let mut rows = stage.ground.store().open().await?;
    sqlx::query(sql).execute(&mut rows).await?;
    rows.close().await?;
    stage.ground.relay.start_again().await
}

async fn has_session(store: &Store) -> anyhow::Result<Option<String>> {
    let mut rows = store.open().await?;
    let row = sqlx::query("select id from device_session").fetch_optional(&mut rows).await?;
    rows.close().await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_arrive_under_a_session_and_without_one_when_the_relay_forgets_it() {
    let mut stage = Stage::open().await.unwrap();
    let store = stage.ground.store();
    let first = wait::until("a session", || has_session(&store)).await.unwrap();

    // The relay no longer has the device's own key, so only a session's signature can hold.
    rewritten(&mut stage, "update device set label = public_key, public_key = id").await.unwrap();
    stage.pupil.types("/textarea", GRAVE).await.unwrap();
    stage.desk().await.unwrap().wait_for_alerts_within(DELIVERY, 1).await.unwrap();
    assert_eq!(has_session(&store).await.unwrap().as_deref(), Some(first.as_str()));

    // Now it has that key again, and no session: the device's own signature follows at once.
    rewritten(&mut stage, "update device set public_key = label").await.unwrap();
    rewritten(&mut stage, "delete from device_session").await.unwrap();
    stage.pupil.types("/contenteditable", GRAVE).await.unwrap();
    stage.desk().await.unwrap().wait_for_alerts_within(DELIVERY, 2).await.unwrap();
    stage.pupil.waits_to_send(0).await.unwrap();

    // At its next check-in, here that of a browser that starts, it agrees on another.
    stage.pupil.close().await.unwrap();
    stage.pupil.open_again().await.unwrap();
    let second = wait::until("another session", || has_session(&store)).await.unwrap();
    assert_ne!(first, second);
    rewritten(&mut stage, "update device set public_key = id").await.unwrap();
    stage.pupil.types("/textarea", GRAVE).await.unwrap();
    stage.desk().await.unwrap().wait_for_alerts_within(DELIVERY, 3).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pupil_on_a_revoked_device_reads_that_nobody_has_the_report() {
    let mut stage = Stage::open().await.unwrap();
    let store = stage.ground.store();
    wait::until("a session", || has_session(&store)).await.unwrap();
    rewritten(&mut stage, "update device set revoked_at = 1").await.unwrap();
    stage.pupil.reports("Mr Evans", "Somebody takes my lunch money").await.unwrap();
    let driver = &stage.pupil.browser().unwrap().driver;
    page::see(driver, "Nobody at your school has your report").await.unwrap();
    page::see(driver, "Somebody takes my lunch money").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_device_sends_twice_is_kept_once_and_a_revoked_device_is_refused() {
    let stage = Stage::open().await.unwrap();
    let desk = stage.desk().await.unwrap();
    let relay = &stage.ground.relay;
    let device = Device::enrol(&relay.url, &stage.school, &stage.ground.certificate).await.unwrap();
    let batch: Vec<_> = (0..5).map(|_| alert()).collect();
    for _ in 0..3 {
        device.deliver(batch.clone()).await.unwrap();
    }
    desk.wait_for_alerts(5).await.unwrap();

    // IT revokes it on the devices page.
    let it = stage.ground.another_browser("it").await.unwrap();
    stage.school.it.sign_in(&it, relay).await.unwrap();
    it.goto(&format!("{}/devices", relay.url)).await.unwrap();
    page::see(&it.driver, "A measuring device").await.unwrap();
    page::press(&it.driver, "Revoke A measuring device").await.unwrap();
    page::press(&it.driver, "Revoke this device").await.unwrap();
    page::see(&it.driver, "evoked").await.unwrap();
    it.close().await.unwrap();

    let refused = device.deliver(vec![alert()]).await.unwrap_err();
    assert!(format!("{refused:#}").contains("401"), "{refused:#}");
    desk.look().await.unwrap();
    desk.wait_for_alerts(5).await.unwrap();
}
