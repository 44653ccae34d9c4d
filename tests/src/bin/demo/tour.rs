//! Every page that the checked demonstration has not shown on its way, role by role, each with a picture and a judgement.

use anyhow::{Context, Result};
use lapwing_tests::stage::Ground;
use lapwing_tests::{Browser, Desk, Gallery, Pupil, School, page, school};

/// Shows them all. What is wrong on any of them is kept by the gallery.
pub(crate) async fn every_page(
    gallery: &mut Gallery,
    ground: &Ground,
    school: &School,
    pupil: &Pupil,
    desk: &Desk<'_>,
) -> Result<()> {
    dsl(gallery, ground, desk).await?;
    staff(gallery, ground).await?;
    it(gallery, ground, school).await?;
    pupils(gallery, pupil).await
}

async fn dsl(gallery: &mut Gallery, ground: &Ground, desk: &Desk<'_>) -> Result<()> {
    let browser = desk.browser();
    desk.look().await?;
    gallery.show(browser, "inbox").await?;
    let rows = desk.rows().await?;
    let episode = rows.iter().find(|row| row.alerts() > 0).context("the inbox holds no alert")?;
    let concern =
        rows.iter().find(|row| row.href.starts_with("/concerns/")).context("the inbox holds no concern")?;
    desk.follow(episode).await?;
    page::press(&browser.driver, "Dismiss this").await?;
    gallery.show(browser, "episode").await?;
    desk.follow(concern).await?;
    gallery.show(browser, "concern").await?;
    for (path, name) in [("/inbox/done", "done"), ("/concerns", "concerns"), ("/reports", "reports-to-me")] {
        browser.goto(&address(ground, path)).await?;
        gallery.show(browser, name).await?;
    }
    // An answer other than 200 is on the console as an error by itself, and here it is meant.
    browser.goto(&address(ground, "/no-such-page")).await?;
    browser.console_errors().await?;
    gallery.show(browser, "not-found").await
}

/// The office browser, at which a member of staff has recorded a concern.
async fn staff(gallery: &mut Gallery, ground: &Ground) -> Result<()> {
    let office = &ground.office;
    office.goto(&address(ground, "/concerns")).await?;
    gallery.show(office, "my-concerns").await?;
    page::press(&office.driver, "Concern 1").await?;
    gallery.show(office, "my-concern").await?;
    office.goto(&address(ground, "/concerns/new")).await?;
    page::press(&office.driver, "Record the concern").await?;
    page::see(&office.driver, "There is a problem").await?;
    office.console_errors().await?;
    gallery.show(office, "concern-form-problems").await?;
    lessons(gallery, ground).await
}

/// A lesson is announced, wrongly at first, and ended.
async fn lessons(gallery: &mut Gallery, ground: &Ground) -> Result<()> {
    let office = &ground.office;
    office.goto(&address(ground, "/lessons")).await?;
    page::choose(&office.driver, "Suicide").await?;
    page::press(&office.driver, "Announce").await?;
    page::see(&office.driver, "There is a problem").await?;
    office.console_errors().await?;
    gallery.show(office, "lessons-problems").await?;
    page::pick(&office.driver, "Who is it for?", "Year 9").await?;
    page::fill(&office.driver, "A note for colleagues", "Room 12, with the school nurse").await?;
    page::press(&office.driver, "Announce").await?;
    page::see(&office.driver, "End now").await?;
    gallery.show(office, "lessons").await?;
    page::press(&office.driver, "End now").await?;
    page::see(&office.driver, "None.").await
}

async fn it(gallery: &mut Gallery, ground: &Ground, school: &School) -> Result<()> {
    let office: &Browser = &ground.office;
    school::sign_out(office).await?;
    gallery.show(office, "sign-in").await?;
    school.it.sign_in(office, &ground.relay).await?;
    office.goto(&address(ground, "/devices")).await?;
    gallery.show(office, "devices").await?;
    page::press(&office.driver, "Revoke").await?;
    page::see(&office.driver, "Revoke this device").await?;
    gallery.show(office, "device-revoke").await?;
    office.goto(&address(ground, "/people")).await?;
    gallery.show(office, "people").await?;
    page::press(&office.driver, &school.staff.name).await?;
    gallery.show(office, "person").await?;
    for (path, name) in [
        ("/signing-in", "signing-in"),
        ("/account", "account"),
        ("/account/password", "account-password"),
        ("/account/app", "account-app"),
        ("/account/passkey", "account-passkey"),
        ("/confirm", "confirm"),
    ] {
        office.goto(&address(ground, path)).await?;
        gallery.show(office, name).await?;
    }
    Ok(())
}

/// What the DSL sees when the keys of all records are gone: every page says so in the place of the words, and goes on.
pub(crate) async fn lost(gallery: &mut Gallery, ground: &Ground, desk: &Desk<'_>) -> Result<()> {
    let mut store = ground.store().open().await?;
    sqlx::query("update record_key set under = 'gone'").execute(&mut store).await?;
    let browser = desk.browser();
    desk.look().await?;
    gallery.show(browser, "lost-inbox").await?;
    let rows = desk.rows().await?;
    for (kind, name) in
        [("/episodes/", "lost-episode"), ("/concerns/", "lost-concern"), ("/reports/", "lost-report")]
    {
        let row = rows.iter().find(|row| row.href.starts_with(kind));
        desk.follow(row.with_context(|| format!("the inbox has no row of {kind}"))?).await?;
        page::see(&browser.driver, "These words cannot be opened").await?;
        gallery.show(browser, name).await?;
    }
    Ok(())
}

async fn pupils(gallery: &mut Gallery, pupil: &Pupil) -> Result<()> {
    let browser = pupil.browser()?;
    pupil.is_stopped_at("https://yandex.com/", "Stop and think").await?;
    gallery.show(browser, "warning").await?;
    browser.goto(&pupil.page("checked")).await?;
    gallery.show(browser, "checked").await?;
    browser.goto(&pupil.page("popup")).await?;
    page::press(&browser.driver, "Report a concern").await?;
    gallery.show(browser, "popup-whom").await?;
    page::press(&browser.driver, "Next").await?;
    page::press(&browser.driver, "Next").await?;
    page::see(&browser.driver, "Write what happened.").await?;
    gallery.show(browser, "popup-what-problems").await?;
    pupil.begins_report("Mrs Okafor", "Something happened").await?;
    gallery.show(browser, "popup-how").await
}

fn address(ground: &Ground, path: &str) -> String {
    format!("{}{path}", ground.relay.url)
}
