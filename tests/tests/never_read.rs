//! What is never read: passwords, payments, helplines, the relay itself, and what a page types by itself.
//!
//! Each is typed first, and the grave sentence twice at the end where it may be read: the inbox then holds those two alerts,
//! and would hold more if any of the others had been read.

use lapwing_tests::{Stage, page};

const GRAVE: &str = "i want to kill myself tonight";

#[tokio::test(flavor = "multi_thread")]
async fn passwords_payments_helplines_and_forgeries_raise_nothing() {
    let stage = Stage::open().await.unwrap();
    let desk = stage.desk().await.unwrap();
    let pupil = &stage.pupil;

    pupil.types("/password", GRAVE).await.unwrap();
    // Once a password, always a password.
    page::press(&pupil.browser().unwrap().driver, "Show").await.unwrap();
    pupil.types_on(&format!(" {GRAVE}")).await.unwrap();

    pupil.types("/card", "4111 1111 1111 1111").await.unwrap();
    page::fill(&pupil.browser().unwrap().driver, "Name on card", GRAVE).await.unwrap();
    page::fill(&pupil.browser().unwrap().driver, "Number", "4111 1111 1111 1111").await.unwrap();

    for helpline in ["https://www.childline.org.uk", "https://www.samaritans.org"] {
        pupil.types_at(&format!("{helpline}/textarea"), GRAVE).await.unwrap();
    }

    pupil.types("/helpline-frame", GRAVE).await.unwrap();

    // A page that fills its own field and says that somebody typed.
    pupil.opens("/forged").await.unwrap();
    page::press(&pupil.browser().unwrap().driver, "Forge").await.unwrap();
    page::see(&pupil.browser().unwrap().driver, "Forged").await.unwrap();

    // The report form is a conversation with people who help.
    pupil.begins_report("Anyone in the safeguarding team", GRAVE).await.unwrap();

    // What staff write about a child on the relay's pages, in a browser that Lapwing watches.
    let watched = stage.ground.another_browser("staff").await.unwrap();
    stage.school.staff.sign_in(&watched, &stage.ground.relay).await.unwrap();
    watched.goto(&format!("{}/concerns/new", stage.ground.relay.url)).await.unwrap();
    page::fill(&watched.driver, "What was seen and heard", GRAVE).await.unwrap();
    watched.close().await.unwrap();

    // Of this site one part is never read. The same page shows another part, and there the words count.
    let driver = &pupil.browser().unwrap().driver;
    pupil.types_at("https://www.nhs.uk/nhs-services/mental-health-services/find", GRAVE).await.unwrap();
    page::press(driver, "Another part").await.unwrap();
    page::see(driver, "This is the news.").await.unwrap();
    pupil.types_on(" and i mean it").await.unwrap();
    desk.wait_for_alerts(1).await.unwrap();

    pupil.types("/textarea", GRAVE).await.unwrap();
    desk.wait_for_alerts(2).await.unwrap();
    let row = desk.rows().await.unwrap().into_iter().next().unwrap();
    desk.follow(&row).await.unwrap();
    page::see(&desk.browser().driver, "www.nhs.uk/news").await.unwrap();
    page::see(&desk.browser().driver, "notes.example/textarea").await.unwrap();
}
