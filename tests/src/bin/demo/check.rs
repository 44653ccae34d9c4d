//! The demonstration that checks itself: the whole job, step by step, as its users would do it.
//!
//! Each step says what is true when it has succeeded; the first that fails ends the run. Pictures of every page go to the
//! folder that `LAPWING_OUT` names, and what is wrong on any of them fails the last step.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use lapwing_tests::stage::Ground;
use lapwing_tests::steps::{self, Steps};
use lapwing_tests::{Desk, Gallery, Policy, Pupil, School, measure, page};

use crate::tour;

/// What a pupil types that must reach a person.
const GRAVE: &str = "i want to kill myself tonight";
/// Waiting alerts are tried again by an alarm of half a minute, and after failures with longer pauses.
const DELIVERY: Duration = Duration::from_secs(120);

/// Does it all.
pub(crate) async fn run() -> Result<()> {
    let out = std::env::var_os("LAPWING_OUT").map_or_else(|| PathBuf::from("target/demo"), PathBuf::from);
    let mut gallery = Gallery::new(&out);
    let mut steps = Steps::default();
    let mut ground = steps.step("the relay starts and prints its one-time link", Ground::start()).await?;

    let set_up = School::set_up(&ground.office, &ground.relay, Some(&mut gallery));
    let school =
        steps.step("IT sets the school up; DSL and staff choose their own passwords", set_up).await?;
    let policy = async { Policy::put(&school.policy) };
    let _policy = steps.step("the Install page's policy is put in force, word for word", policy).await?;
    let mut pupil =
        steps.step("the extension arrives by policy and says that it is on", ground.pupil(&school)).await?;

    // The relay is stopped and started below, so the desk borrows only the browser.
    let office = ground.another_browser("desk").await?;
    let desk = steps
        .step(
            "the DSL signs in and opens the inbox, which updates by itself",
            Desk::open(&office, &ground.relay, &school.dsl),
        )
        .await?;

    let mut alerts = stopped(&mut steps, &mut gallery, &ground, &pupil, &desk).await?;
    typed(&mut steps, &pupil, &desk, &mut alerts).await?;
    report(&mut steps, &mut gallery, &pupil, &desk).await?;
    concern(&mut steps, &mut gallery, &ground, &school, &desk).await?;
    outage(&mut steps, &mut ground, &mut pupil, &desk, &mut alerts).await?;
    let tour = tour::every_page(&mut gallery, &ground, &school, &pupil, &desk);
    steps.step("every other page is looked at, for DSL, staff, IT and pupil", tour).await?;
    figures(&mut steps, &pupil, &desk).await?;
    let lost = tour::lost(&mut gallery, &ground, &desk);
    steps.step("records whose keys are gone say so on their pages, and take no other away", lost).await?;
    let shown = steps
        .step("no page has an axe violation, cut-off text, a console error or a CSP report", async {
            ensure!(
                !ground.relay.said("broke the content security policy"),
                "the relay got a CSP report: see its log"
            );
            gallery.close()
        })
        .await?;
    steps::line(&format!(
        "{} steps passed; {shown} pages in four views each, in {}",
        steps.count(),
        out.display()
    ));
    Ok(())
}

/// Sites and searches that are stopped before they load.
async fn stopped(
    steps: &mut Steps,
    gallery: &mut Gallery,
    ground: &Ground,
    pupil: &Pupil,
    desk: &Desk<'_>,
) -> Result<usize> {
    steps
        .step("a blocked site is stopped before it loads", async {
            pupil.is_stopped_at("https://www.bet365.com/casino", "Not open here").await?;
            ensure!(!ground.site.was_asked("www.bet365.com"), "the site was asked for its page all the same");
            page::see(&pupil.browser()?.driver, "is not open here").await?;
            gallery.show(pupil.browser()?, "block").await
        })
        .await?;
    steps.step("its alert appears on the DSL's open page, without a reload", desk.wait_for_alerts(1)).await?;
    steps
        .step("a search about suicide shows the support page, help first", async {
            pupil.is_stopped_at("https://www.google.com/search?q=how+to+kill+myself", "Help is here").await?;
            page::see(&pupil.browser()?.driver, "116 123").await?;
            ensure!(!ground.site.was_asked("www.google.com"), "the search was sent all the same");
            gallery.show(pupil.browser()?, "support").await
        })
        .await?;
    steps.step("its alert appears too", desk.wait_for_alerts(2)).await?;
    Ok(2)
}

/// Typing: what raises nothing first, so that the counts that follow would show it.
async fn typed(steps: &mut Steps, pupil: &Pupil, desk: &Desk<'_>, alerts: &mut usize) -> Result<()> {
    steps
        .step("an innocent sentence, a password and a card number are typed", async {
            pupil.types("/textarea", "we had chips for lunch and then maths was fun").await?;
            pupil.types("/password", GRAVE).await?;
            pupil.types("/card", "4111 1111 1111 1111").await
        })
        .await?;
    for (field, name) in
        [("/textarea", "a textarea"), ("/contenteditable", "an editor"), ("/iframe", "a frame")]
    {
        *alerts += 1;
        let wanted = *alerts;
        steps
            .step(&format!("a phrase typed into {name} raises one alert, and nothing before it did"), async {
                pupil.types(field, GRAVE).await?;
                desk.wait_for_alerts(wanted).await
            })
            .await?;
    }
    Ok(())
}

/// A pupil's report, the DSL's answer, and the answer read with the receipt code.
async fn report(steps: &mut Steps, gallery: &mut Gallery, pupil: &Pupil, desk: &Desk<'_>) -> Result<()> {
    let receipt = steps
        .step("a pupil reports a concern from the toolbar and gets a receipt code", async {
            let browser = pupil.browser()?;
            browser.goto(&pupil.page("popup")).await?;
            page::see(&browser.driver, "Report a concern").await?;
            gallery.show(browser, "popup").await?;
            let receipt = pupil
                .reports("Anyone in the safeguarding team", "They wait for my friend at the gate")
                .await?;
            page::see(&browser.driver, "It has been sent").await?;
            gallery.show(browser, "popup-receipt").await?;
            Ok(receipt)
        })
        .await?;
    let row =
        steps.step("the report is in the inbox by itself", desk.wait_for_row("/reports/", "eport")).await?;
    steps
        .step("the DSL reads it and answers", async {
            desk.follow(&row).await?;
            let driver = &desk.browser().driver;
            page::see(driver, "They wait for my friend at the gate").await?;
            page::fill(driver, "Your answer to the pupil", "Thank you. Come to room 12 at break.").await?;
            page::press(driver, "Send the answer").await?;
            page::see(driver, "Come to room 12 at break").await?;
            gallery.show(desk.browser(), "report").await?;
            desk.look().await
        })
        .await?;
    steps
        .step("the pupil reads the answer with the receipt code", async {
            let shown = pupil.reads_replies(&receipt).await?;
            ensure!(shown.contains("Come to room 12 at break"), "the conversation shows: {shown}");
            gallery.show(pupil.browser()?, "popup-reply").await
        })
        .await
}

/// A member of staff records a concern at another device.
async fn concern(
    steps: &mut Steps,
    gallery: &mut Gallery,
    ground: &Ground,
    school: &School,
    desk: &Desk<'_>,
) -> Result<()> {
    steps
        .step("a member of staff records a concern", async {
            let office = &ground.office;
            school.staff.sign_in(office, &ground.relay).await?;
            office.goto(&format!("{}/concerns/new", ground.relay.url)).await?;
            gallery.show(office, "concern-form").await?;
            let driver = &office.driver;
            page::fill(driver, "Name", "Sam Sample").await?;
            page::pick(driver, "Year", "Year 9").await?;
            page::pick(driver, "How are they involved?", "The child it is about").await?;
            page::choose(driver, "I do not know when").await?;
            page::fill(
                driver,
                "What was seen and heard",
                "Sam came in without a coat and said nobody was at home.",
            )
            .await?;
            page::fill(driver, "The child’s own words", "I made my own tea again.").await?;
            page::choose(driver, "Yes").await?;
            page::press(driver, "Record the concern").await?;
            page::see(driver, "is recorded").await?;
            gallery.show(office, "concern-recorded").await
        })
        .await?;
    steps
        .step("the concern is in the inbox by itself", desk.wait_for_row("/concerns/", "Sam Sample"))
        .await
        .map(drop)
}

/// The relay is away while three alerts are raised, and the browser is closed before it is back.
async fn outage(
    steps: &mut Steps,
    ground: &mut Ground,
    pupil: &mut Pupil,
    desk: &Desk<'_>,
    alerts: &mut usize,
) -> Result<()> {
    steps.step("the relay is stopped", ground.relay.stop()).await?;
    steps
        .step("three more phrases are typed, and wait on the device", async {
            for field in ["/textarea", "/contenteditable", "/open-shadow"] {
                pupil.types(field, GRAVE).await?;
            }
            pupil.waits_to_send(3).await
        })
        .await?;
    steps.step("the pupil's browser is closed", pupil.close()).await?;
    steps
        .step("the relay starts again, then the browser", async {
            ground.relay.start_again().await?;
            pupil.open_again().await
        })
        .await?;
    *alerts += 3;
    steps.step("all three arrive, once", desk.wait_for_alerts_within(DELIVERY, *alerts)).await?;
    *alerts += 1;
    let wanted = *alerts;
    steps
        .step("the next alert is the only one that follows", async {
            pupil.types("/textarea", GRAVE).await?;
            desk.wait_for_alerts(wanted).await
        })
        .await
}

/// A few trials of what `cargo xtask bench browser` measures properly.
async fn figures(steps: &mut Steps, pupil: &Pupil, desk: &Desk<'_>) -> Result<()> {
    let typing = steps
        .step("the time from the last key to the DSL's page is measured", measure::last_key(pupil, desk, 5))
        .await?;
    steps::line(&format!("      last key to the DSL's page: {}", typing.words()));
    let (warm, cold) = steps
        .step("navigation is measured, with the worker running and stopped", async {
            Ok((measure::warm(pupil, 5).await?, measure::cold(pupil, 5).await?))
        })
        .await?;
    steps::line(&format!("      navigation, worker running: {}", warm.words()));
    steps::line(&format!("      navigation, worker stopped: {}", cold.words()));
    Ok(())
}
