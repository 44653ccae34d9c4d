//! A lesson that a teacher announces: what a class writes about its topic weighs less from the next check-in until it is
//! ended, and what is critical alerts as ever.

use anyhow::Result;
use lapwing_tests::stage::Ground;
use lapwing_tests::{Desk, Policy, Pupil, School, page, school, wait};
use serde_json::Value;

/// Medium by itself: in a lesson it is noted, and nobody is told.
const DRINK: &str = "we got drunk on vodka last night";
/// High by itself.
const WEED: &str = "me and my mates smoke weed at the park";
const GRAVE: &str = "i want to kill myself tonight";

/// Waits until this many lessons are known to the pupil's browser.
async fn heard_of(pupil: &Pupil, wanted: usize) -> Result<()> {
    let browser = pupil.browser()?;
    browser.goto(&pupil.page("popup")).await?;
    let read = "
        const done = arguments[arguments.length - 1];
        chrome.storage.local.get('school').then(({ school }) => done(school?.lessons?.length ?? null));";
    wait::until(&format!("{wanted} lessons on the device"), || async {
        let known = browser.driver.execute_async(read, vec![]).await?.json().as_u64();
        Ok((known == Some(wanted as u64)).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_announced_lesson_its_topics_weigh_less_and_what_is_critical_alerts_as_ever() {
    let ground = Ground::start().await.unwrap();
    let school = School::set_up(&ground.office, &ground.relay, None).await.unwrap();
    let policy = Policy::put(&school.policy).unwrap();

    let (office, lessons) = (&ground.office, format!("{}/lessons", ground.relay.url));
    school.staff.sign_in(office, &ground.relay).await.unwrap();
    page::press(&office.driver, "Lessons").await.unwrap();
    page::see(&office.driver, "always alert").await.unwrap();
    page::choose(&office.driver, "Drugs or alcohol").await.unwrap();
    page::choose(&office.driver, "Suicide").await.unwrap();
    page::press(&office.driver, "Announce").await.unwrap();
    page::see(&office.driver, "Nothing you wrote is lost").await.unwrap();
    page::pick(&office.driver, "Who is it for?", "Every year").await.unwrap();
    page::press(&office.driver, "Announce").await.unwrap();
    page::see(&office.driver, "Suicide, drugs or alcohol").await.unwrap();
    school::sign_out(office).await.unwrap();

    let pupil = ground.pupil(&school).await.unwrap();
    let desk = Desk::open(office, &ground.relay, &school.dsl).await.unwrap();
    heard_of(&pupil, 1).await.unwrap();
    pupil.types("/textarea", DRINK).await.unwrap();
    pupil.types("/contenteditable", WEED).await.unwrap();
    desk.wait_for_alerts(1).await.unwrap();
    pupil.types("/textarea", GRAVE).await.unwrap();
    desk.wait_for_alerts(2).await.unwrap();
    let row = desk.wait_for_row("/episodes/", "rugs").await.unwrap();
    desk.follow(&row).await.unwrap();
    page::see(&office.driver, "smoke weed").await.unwrap();
    page::see(&office.driver, "Lowered: staff have announced a lesson about drugs or alcohol.")
        .await
        .unwrap();
    let shown = page::text(&office.driver).await.unwrap();
    assert!(!shown.contains("vodka"), "what was only noted is on the DSL's page: {shown}");

    // Ended by a colleague, it is over at the next check-in; another policy makes the device check in at once.
    office.goto(&lessons).await.unwrap();
    page::press(&office.driver, "End now").await.unwrap();
    page::see(&office.driver, "None.").await.unwrap();
    let mut other: Value = serde_json::from_str(&school.policy).unwrap();
    let id = school.extension_id().unwrap();
    other["3rdparty"]["extensions"][&id]["blocked_sites"] = serde_json::json!(["unfair.example"]);
    policy.change(&other.to_string()).unwrap();
    heard_of(&pupil, 0).await.unwrap();
    desk.look().await.unwrap();
    pupil.types("/textarea", DRINK).await.unwrap();
    desk.wait_for_alerts(3).await.unwrap();
}
