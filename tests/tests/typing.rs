//! What a pupil types: read in every kind of field where people write, in words that reach the DSL's open page.

use lapwing_tests::{Stage, page};

const GRAVE: &str = "i want to kill myself tonight";

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_field_raises_one_alert_and_a_page_s_own_rules_do_not_matter() {
    let stage = Stage::open().await.unwrap();
    let desk = stage.desk().await.unwrap();
    let fields = [
        "/textarea",
        "/contenteditable",
        "/iframe",
        "/blank-iframe",
        "/open-shadow",
        "/closed-shadow",
        "/emptied-editor",
        // No script, no style, an opaque origin.
        "/strict-csp",
    ];
    for (already, field) in fields.iter().enumerate() {
        stage.pupil.types(field, GRAVE).await.unwrap();
        desk.wait_for_alerts(already + 1).await.unwrap_or_else(|error| panic!("{field}: {error:#}"));
    }

    // The same words once more in the same field are no news.
    stage.pupil.types("/textarea", GRAVE).await.unwrap();
    desk.wait_for_alerts(fields.len() + 1).await.unwrap();
    stage.pupil.types_on(" ok").await.unwrap();
    stage.pupil.types("/contenteditable", GRAVE).await.unwrap();
    desk.wait_for_alerts(fields.len() + 2).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_that_is_pasted_is_read_from_its_beginning() {
    let stage = Stage::open().await.unwrap();
    let desk = stage.desk().await.unwrap();
    let plain = "The river was slow and brown that day, and nobody spoke of it. ";
    let text = format!("{}Honestly {GRAVE}. {}", plain.repeat(10), plain.repeat(36));
    assert!(text.len() > 2_900, "{} characters", text.len());
    stage.pupil.copies(&text).await.unwrap();
    for (already, field) in ["/textarea", "/contenteditable", "/own-paste"].into_iter().enumerate() {
        stage.pupil.pastes(field).await.unwrap();
        desk.wait_for_alerts(already + 1).await.unwrap_or_else(|error| panic!("{field}: {error:#}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_is_shown_as_text_whatever_it_is() {
    let stage = Stage::open().await.unwrap();
    let desk = stage.desk().await.unwrap();
    let hostile =
        "<img src=x onerror=alert(1)><a href=\"javascript:alert(2)\">i want to kill myself tonight</a>";
    stage.pupil.types_at("https://notes.example/textarea?<script>alert(3)</script>", hostile).await.unwrap();
    desk.wait_for_alerts(1).await.unwrap();
    let row = desk.rows().await.unwrap().into_iter().next().unwrap();
    desk.follow(&row).await.unwrap();
    let driver = &desk.browser().driver;
    page::see(driver, "<img src=x onerror=alert(1)>").await.unwrap();
    let words = "return document.querySelectorAll('blockquote img, blockquote a, script:not([src])').length";
    let made: u64 = driver.execute(words, vec![]).await.unwrap().convert().unwrap();
    assert_eq!(made, 0, "a pupil's text became markup");
    let marked = "return document.querySelector('blockquote mark').textContent";
    let marked: String = driver.execute(marked, vec![]).await.unwrap().convert().unwrap();
    assert!(marked.contains("kill myself"), "“{marked}” is marked");
    assert!(desk.browser().console_errors().await.unwrap().is_empty());
}
