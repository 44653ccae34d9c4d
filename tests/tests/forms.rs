//! Staff's forms in the browser: what was typed into one form of a page is not lost without a warning because another was
//! sent, and each is sent once however often its button is pressed.

use anyhow::{Context, Result};
use lapwing_tests::School;
use lapwing_tests::browser::Browser;
use lapwing_tests::stage::Ground;
use serde_json::{Value, json};

/// What the page's own script does, without leaving the page: a browser driver says yes to every warning by itself.
const TOOLS: &str = "
    const [first, second] = document.querySelectorAll('form[data-guard]');
    const type = (form) => form.querySelector('input:not([type=hidden]), select, textarea')
        .dispatchEvent(new Event('input', { bubbles: true }));
    const warns = () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    const sends = (form) => form.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
    const later = () => new Promise((resolve) => setTimeout(resolve));
    const done = arguments[arguments.length - 1];";

async fn on(browser: &Browser, page: &str, script: &str) -> Result<Value> {
    browser.goto(page).await?;
    let script =
        format!("{TOOLS} (async () => {{ {script} }})().then(done, (error) => done(String(error)));");
    let answer = browser.driver.execute_async(&script, vec![]).await.context("the page's forms")?;
    Ok(answer.json().clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn words_in_one_form_are_not_lost_without_a_warning_when_another_is_sent() {
    let ground = Ground::start().await.unwrap();
    let school = School::set_up(&ground.office, &ground.relay, None).await.unwrap();
    let office = &ground.office;
    school.dsl.sign_in(office, &ground.relay).await.unwrap();
    // Two forms on one page.
    let page = format!("{}/policy/hours", ground.relay.url);

    let script = "return [warns(), type(first), warns(), sends(first), warns(), sends(first)];";
    let alone = on(office, &page, script).await.unwrap();
    assert_eq!(
        alone,
        json!([false, true, true, true, false, false]),
        "what is sent is not warned of, and sent once"
    );

    let script = "type(first); type(second); const sent = [sends(first), warns(), sends(second)];
                  await later(); return [...sent, sends(first), warns()];";
    let both = on(office, &page, script).await.unwrap();
    assert_eq!(
        both,
        json!([true, true, false, true, true]),
        "the other's words are warned of; whoever stays sends it after all"
    );

    let script = "type(first); sends(first); window.dispatchEvent(new Event('pageshow'));
                  return [warns(), sends(first), warns()];";
    let back = on(office, &page, script).await.unwrap();
    assert_eq!(back, json!([true, true, false]), "a page that comes back can be sent again");
}
