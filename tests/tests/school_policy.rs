//! The school's policy from the page to the pupil's browser, and a pupil's request from the browser to the page and back.

use anyhow::Result;
use lapwing_tests::stage::Ground;
use lapwing_tests::{Gallery, Policy, School, keys, page, school, wait};
use std::path::PathBuf;
use std::time::Duration;

/// A device whose pupil waits for an answer checks in every half minute.
const MINUTE: Duration = Duration::from_secs(75);

#[tokio::test(flavor = "multi_thread")]
async fn what_staff_set_holds_in_the_browser_and_what_a_pupil_asks_for_opens() {
    let ground = Ground::start().await.unwrap();
    let school = School::set_up(&ground.office, &ground.relay, None).await.unwrap();
    let _policy = Policy::put(&school.policy).unwrap();
    let (office, relay) = (&ground.office, &ground.relay.url);
    let pupil = ground.pupil(&school).await.unwrap();
    let browser = pupil.browser().unwrap();
    school.dsl.sign_in(office, &ground.relay).await.unwrap();

    // The pupil is stopped, is told whose rule it is, and asks.
    pupil.is_stopped_at("https://www.bet365.com/", "Not open here").await.unwrap();
    page::see(&browser.driver, "This is Lapwing’s own rule").await.unwrap();
    let mut gallery = Gallery::zoomed(&folder("requests"));
    gallery.show(browser, "stopped").await.unwrap();
    page::press(&browser.driver, "I need this for school work").await.unwrap();
    page::fill(&browser.driver, "What do you need it for?", "A maths lesson about odds").await.unwrap();
    gallery.show(browser, "asking").await.unwrap();
    page::press(&browser.driver, "Ask").await.unwrap();
    page::see(&browser.driver, "You have asked for this site").await.unwrap();
    assert_eq!(
        browser.driver.active_element().await.unwrap().text().await.unwrap(),
        "You have asked for this site"
    );
    gallery.show(browser, "asked").await.unwrap();

    // Meanwhile the DSL blocks games: the browser hears of it by itself, and says whose decision it is.
    office.goto(&format!("{relay}/policy/actions")).await.unwrap();
    page::pick(&office.driver, "Games, in school hours", "Is blocked").await.unwrap();
    page::fill(&office.driver, "Why?", "Mock exams").await.unwrap();
    page::press(&office.driver, "Save").await.unwrap();
    page::see(&office.driver, "Kinds of sites").await.unwrap();
    office.goto(&format!("{relay}/policy")).await.unwrap();
    page::see(&office.driver, "A site about games is blocked for pupils in school hours").await.unwrap();
    wait::until_within(MINUTE, "games to be blocked", || async {
        browser.goto("https://games.lapwing.test/").await?;
        Ok(browser.driver.title().await?.starts_with("Not open here").then_some(()))
    })
    .await
    .unwrap();
    page::see(&browser.driver, "Your school has decided so.").await.unwrap();

    // The page of the request still waits; the answer opens the site without the pupil doing anything.
    pupil.is_stopped_at("https://www.bet365.com/", "Not open here").await.unwrap();
    page::see(&browser.driver, "You have asked for this site").await.unwrap();
    page::press(&office.driver, "Requests").await.unwrap();
    page::see(&office.driver, "A maths lesson about odds").await.unwrap();
    page::see(&office.driver, "www.bet365.com").await.unwrap();
    gallery.show(office, "waiting").await.unwrap();
    // Sent with half of it missing, it comes back with what is wrong beside each field.
    page::press(&office.driver, "Answer").await.unwrap();
    page::see(&office.driver, "There is a problem").await.unwrap();
    page::see(&office.driver, "Choose an answer").await.unwrap();
    // An answer other than 200 is on the console as an error by itself, and here it is meant.
    office.console_errors().await.unwrap();
    gallery.show(office, "waiting-wrong").await.unwrap();
    // By keyboard alone, as every page of the policy is in the test below.
    keys::choose(&office.driver, "Open it for this pupil, in this browser", 0).await.unwrap();
    keys::fill(&office.driver, "Why, for colleagues", "Mr Evans confirms it").await.unwrap();
    keys::press(&office.driver, "Answer").await.unwrap();
    page::see(&office.driver, "Nobody waits for an answer").await.unwrap();
    gallery.show(office, "answered").await.unwrap();
    wait::until_within(MINUTE, "the site to open by itself", || async {
        Ok((!browser.driver.title().await?.starts_with("Not open here")).then_some(()))
    })
    .await
    .unwrap();
    let address = browser.driver.current_url().await.unwrap();
    assert_eq!(address.host_str(), Some("www.bet365.com"));
    // Other gambling stays blocked, and a refusal says why.
    pupil.is_stopped_at("https://www.paddypower.com/", "Not open here").await.unwrap();
    page::press(&browser.driver, "I need this for school work").await.unwrap();
    page::press(&browser.driver, "Ask").await.unwrap();
    page::see(&browser.driver, "You have asked for this site").await.unwrap();
    office.goto(&format!("{relay}/requests")).await.unwrap();
    page::choose(&office.driver, "Leave it blocked").await.unwrap();
    page::fill(&office.driver, "What the pupil reads", "Use the odds in the textbook, chapter 4")
        .await
        .unwrap();
    page::press(&office.driver, "Answer").await.unwrap();
    page::see(&office.driver, "Nobody waits for an answer").await.unwrap();
    let refused = "Use the odds in the textbook, chapter 4";
    wait::until_within(MINUTE, "the refusal on the pupil’s page", || async {
        Ok(page::text(&browser.driver).await?.contains(refused).then_some(()))
    })
    .await
    .unwrap();
    gallery.show(browser, "refused").await.unwrap();
    assert_eq!(gallery.close().unwrap(), 7);
    school::sign_out(office).await.unwrap();
}

fn folder(name: &str) -> PathBuf {
    std::env::var_os("LAPWING_OUT").map_or_else(std::env::temp_dir, PathBuf::from).join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_policy_is_worked_by_keyboard_alone_and_breaks_no_rule() {
    let ground = Ground::start().await.unwrap();
    let school = School::set_up(&ground.office, &ground.relay, None).await.unwrap();
    school.dsl.sign_in(&ground.office, &ground.relay).await.unwrap();
    let mut gallery = Gallery::new(&folder("policy"));
    by_keyboard(&ground, &mut gallery).await.unwrap();
    assert!(gallery.close().unwrap() >= 10);
}

async fn by_keyboard(ground: &Ground, gallery: &mut Gallery) -> Result<()> {
    let (office, relay) = (&ground.office, &ground.relay.url);
    let driver = &office.driver;
    keys::press(driver, "Policy").await?;
    page::see(driver, "set nothing yet").await?;
    gallery.show(office, "overview-empty").await?;

    keys::press(driver, "Groups").await?;
    page::see(driver, "None yet").await?;
    keys::fill(driver, "Name", "Year 9").await?;
    keys::fill(driver, "Short name, for IT", "year-9").await?;
    keys::choose(driver, "Year 9", 0).await?;
    keys::fill(driver, "Why?", "A group for each year").await?;
    keys::press(driver, "Add").await?;
    page::see(driver, "year-9").await?;
    gallery.show(office, "groups").await?;

    office.goto(&format!("{relay}/policy/hours")).await?;
    // A time field takes hours and minutes as they are typed; these are the same on a clock of 12 and of 24 hours.
    for day in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"] {
        keys::fill(driver, &format!("{day}, from"), "0800AM").await?;
        keys::fill(driver, &format!("{day}, to"), "1130AM").await?;
    }
    keys::fill(driver, "Why?", "As the school day is").await?;
    keys::press(driver, "Save the hours").await?;
    page::see(driver, "Outside these hours it is home").await?;
    keys::choose(driver, "A term", 1).await?;
    keys::fill(driver, "Name", "INSET day").await?;
    // A browser asks for day and month in the order of its own language; these are the same in each.
    keys::fill(driver, "First day", "12122026").await?;
    keys::fill(driver, "Last day", "12122026").await?;
    keys::fill(driver, "Why?", "From the calendar").await?;
    keys::press(driver, "Add the dates").await?;
    page::see(driver, "12 December 2026").await?;
    keys::reach(driver, "Remove INSET day").await?;
    gallery.show(office, "hours").await?;

    office.goto(&format!("{relay}/policy/actions?group=year-9")).await?;
    keys::fill(driver, "Games, in school hours", "Is").await?;
    keys::fill(driver, "Why?", "Mock exams").await?;
    keys::press(driver, "Save").await?;
    page::see(driver, "for Year 9").await?;
    gallery.show(office, "actions").await?;

    office.goto(&format!("{relay}/policy/exceptions")).await?;
    keys::fill(driver, "Site", "com").await?;
    keys::press(driver, "Add the exception").await?;
    page::see(driver, "Nothing you wrote is lost").await?;
    // An answer other than 200 is on the console as an error by itself, and here it is meant.
    office.console_errors().await?;
    gallery.show(office, "exceptions-wrong").await?;
    office.goto(&format!("{relay}/policy/exceptions")).await?;
    keys::fill(driver, "Site", "bets.example").await?;
    keys::choose(driver, "It opens", 1).await?;
    keys::fill(driver, "Why?", "Asked by a parent").await?;
    keys::press(driver, "Add the exception").await?;
    page::see(driver, "Asked by a parent").await?;
    gallery.show(office, "exceptions").await?;
    keys::press(driver, "End now").await?;
    page::see(driver, "None.").await?;

    office.goto(&format!("{relay}/policy/versions")).await?;
    keys::press(driver, "Bring back version 5").await?;
    page::see(driver, "brings back version 5").await?;
    gallery.show(office, "versions").await?;

    office.goto(&format!("{relay}/policy")).await?;
    keys::fill(driver, "Why?", "Governors decided").await?;
    keys::press(driver, "Want two people").await?;
    page::see(driver, "One person is enough").await?;
    keys::fill(driver, "Why?", "Too slow").await?;
    keys::press(driver, "One person is enough").await?;
    page::see(driver, "Waiting for a second person").await?;
    gallery.show(office, "overview").await?;
    keys::press(driver, "Withdraw").await?;

    office.goto(&format!("{relay}/policy/ask")).await?;
    keys::fill(driver, "Address", "games.lapwing.test").await?;
    keys::fill(driver, "Who opens it?", "Recep").await?;
    keys::press(driver, "Ask").await?;
    page::see(driver, "Whose decision").await?;
    gallery.show(office, "ask").await?;

    office.goto(&format!("{relay}/requests")).await?;
    page::see(driver, "Nobody waits").await?;
    gallery.show(office, "requests-empty").await?;
    Ok(())
}
