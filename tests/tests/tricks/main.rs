//! Tricks and ways around: what pupils try, each in a real browser, with what is to come of it. Prints the table that
//! docs/sites.md shows, misses included. Doing the rows lives here; the rows are in `rows`.

mod rows;

use anyhow::{Result, bail, ensure};
use lapwing_tests::browser::Browser;
use lapwing_tests::site::Site;
use lapwing_tests::{Stage, page, wait};
use rows::{Act, Row, Wanted};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::prelude::*;

/// How the titles of Lapwing's own pages begin.
const OURS: [&str; 3] = ["Not open here", "Help is here", "Stop and think"];
/// How long a request that must not come is waited for, after the page has had its turn. Too short a wait would pass a row
/// that fails; it cannot fail one that passes.
const QUIET: Duration = Duration::from_millis(600);

#[tokio::test(flavor = "multi_thread")]
async fn every_trick_comes_to_what_the_table_says() {
    let stage = Stage::open().await.unwrap();
    let desk = stage.desk().await.unwrap();
    let (browser, site) = (stage.pupil.browser().unwrap(), &stage.ground.site);
    blocks(&stage, &["school-blocks.example/games", "203.0.113.9"]).await.unwrap();
    wait::until("the rules to be in force", || async {
        browser.goto("https://www.bet365.com/").await?;
        Ok(shown(browser).await?.1.contains('#').then_some(()))
    })
    .await
    .unwrap();

    let rows = rows::all();
    assert!(rows.len() >= 40, "{} rows", rows.len());
    let (mut table, mut wrong) = (Vec::new(), Vec::new());
    for row in &rows {
        let result = done(&stage, browser, site, row).await;
        let says = match &result {
            Ok(by) => format!("{}{by}", in_words(row.wanted)),
            Err(error) => format!("WRONG: {error:#}"),
        };
        table.push(format!("| {} | {says} |", row.trick));
        if result.is_err() {
            wrong.push(format!("{}: {says}", row.trick));
        }
        only_one_tab(browser).await.unwrap();
    }
    println!("| trick | result |\n|---|---|\n{}", table.join("\n"));
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));

    // Going around is told as what it is, and what is unlawful by no address.
    desk.wait_for_row("/episodes/", "etting around").await.unwrap();
    let unlawful = desk.wait_for_row("/episodes/", "nlawful").await.unwrap();
    desk.follow(&unlawful).await.unwrap();
    page::see(&stage.ground.office.driver, "nlawful").await.unwrap();
    let text = page::text(&stage.ground.office.driver).await.unwrap();
    assert!(!text.contains("illegal.lapwing.test"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_and_its_memory_open_nothing_that_is_stopped() {
    let mut stage = Stage::open().await.unwrap();
    // Open in another tab's history, and able to serve itself, before the school blocks them.
    {
        let browser = stage.pupil.browser().unwrap();
        browser.goto("https://self.example/served-by-worker").await.unwrap();
        page::see(&browser.driver, "The worker is ready.").await.unwrap();
        browser.goto("https://self.example/again").await.unwrap();
        assert_eq!(browser.driver.title().await.unwrap(), "Served by a worker");
        browser.goto("https://before.example/").await.unwrap();
        browser.goto("https://after.example/").await.unwrap();
        blocks(&stage, &["self.example", "before.example"]).await.unwrap();
        wait::until("the school's list to hold", || async {
            browser.goto("https://before.example/").await?;
            Ok(is_ours(&shown(browser).await?.0).then_some(()))
        })
        .await
        .unwrap();
    }
    let browser = stage.pupil.browser().unwrap();
    // Back to a page that the browser may still hold whole, then to the blocked page itself and back again.
    browser.goto("https://after.example/").await.unwrap();
    browser.driver.execute("history.go(-2)", vec![]).await.unwrap();
    stopped(browser).await.unwrap();
    browser.goto("https://after.example/").await.unwrap();
    browser.driver.back().await.unwrap();
    stopped(browser).await.unwrap();
    browser.goto("https://self.example/once-more").await.unwrap();
    stopped(browser).await.unwrap();

    // The page with which a browser starts, while everything is still starting. What only the school has blocked is known
    // when its policy has been read, and may have been asked by then.
    stage.pupil.close().await.unwrap();
    for (url, lists_know_it) in [
        ("https://www.bet365.com/start", true),
        ("https://r.jina.ai/https://bet365.com/", true),
        ("https://before.example/start", false),
    ] {
        let before = stage.ground.site.asked().len();
        stage.pupil.is_stopped_at_start(url, OURS[0]).await.unwrap();
        let asked = stage.ground.site.asked().split_off(before);
        let reached = asked.iter().any(|asked| url.starts_with(&format!("https://{}/", asked.host)));
        assert!(!(lists_know_it && reached), "{url}: {asked:?}");
    }
}

/// Does what a row says; gives which layer stopped it.
async fn done(stage: &Stage, browser: &Browser, site: &Site, row: &Row) -> Result<&'static str> {
    browser.goto("https://start.example/").await?;
    let mut before = site.asked().len();
    match &row.act {
        // What the browser itself refuses to open, it says as an error; what was asked decides.
        Act::Types(url) => browser
            .goto(url)
            .await
            .or_else(|error| if row.wanted == Wanted::NotAsked { Ok(()) } else { Err(error) })?,
        Act::TypesWhileAsleep(url) => {
            stage.pupil.stop_worker().await?;
            browser.goto(url).await?;
        }
        Act::Runs(host, script) => {
            browser.goto(&format!("https://{host}/")).await?;
            before = site.asked().len();
            browser.driver.execute(*script, vec![]).await?;
            // Browsers open a tab only for somebody who has clicked.
            if let Ok(button) = browser.driver.find(By::Id("go")).await {
                button.click().await?;
            }
        }
    }
    let layer = match row.wanted {
        Wanted::Stopped => stopped(browser).await?,
        Wanted::StoppedInFrame => {
            let frame = wait::until("the frame", || async {
                Ok(Some(browser.driver.find(By::Css("iframe")).await?))
            });
            frame.await?.enter_frame().await?;
            let seen = page::see(&browser.driver, "is not open here").await;
            browser.driver.enter_default_frame().await?;
            seen?;
            ""
        }
        Wanted::StoppedInNewTab => stopped_in_another_tab(browser).await?,
        Wanted::NotAsked => {
            tokio::time::sleep(QUIET).await;
            ""
        }
        Wanted::Opens => {
            wait::until("the page to open", || async {
                let title = browser.driver.title().await?;
                ensure!(!is_ours(&title), "the tab shows “{title}”");
                Ok((title == "A plain page").then_some(()))
            })
            .await?;
            // A way around that is not closed: the row says so, and fails when that changes.
            if row.host != "nothing" {
                let asked =
                    || site.asked().split_off(before).iter().any(|asked| asked.host.starts_with(row.host));
                wait::until("the site to be asked", || async { Ok(asked().then_some(())) }).await?;
            }
            return Ok("");
        }
    };
    let asked = site.asked().split_off(before);
    if let Some(asked) = asked.iter().find(|asked| asked.host.starts_with(row.host)) {
        bail!("{}{} was asked", asked.host, asked.path);
    }
    Ok(layer)
}

/// Waits for one of Lapwing's pages in the tab; says which layer put it there.
async fn stopped(browser: &Browser) -> Result<&'static str> {
    wait::until_within(Duration::from_secs(15), "Lapwing's page", || async {
        let (title, address) = shown(browser).await?;
        ensure!(
            is_ours(&title),
            "the tab shows “{title}” at {}",
            address.chars().take(80).collect::<String>()
        );
        Ok(Some(by(&address)))
    })
    .await
}

/// Waits for one of Lapwing's pages in a tab that a page has opened, and closes it. The driver does not count tabs with an
/// extension's page in them; the browser itself does.
async fn stopped_in_another_tab(browser: &Browser) -> Result<&'static str> {
    let tab = wait::until("Lapwing's page in a new tab", || async {
        let targets = browser.cdp("Target.getTargets", json!({})).await?;
        let mut tabs =
            targets["targetInfos"].as_array().into_iter().flatten().filter(|target| target["type"] == "page");
        Ok(tabs.find(|tab| tab["title"].as_str().is_some_and(is_ours)).cloned())
    })
    .await?;
    browser.cdp("Target.closeTarget", json!({ "targetId": tab["targetId"] })).await?;
    Ok(by(tab["url"].as_str().unwrap_or_default()))
}

/// Which layer has put Lapwing's page there: the browser's rules give it the address that they stopped.
fn by(address: &str) -> &'static str {
    if address.contains('#') { " by the browser’s rules" } else { "" }
}

/// The title and the address of the tab.
async fn shown(browser: &Browser) -> Result<(String, String)> {
    Ok((browser.driver.title().await?, browser.driver.current_url().await?.to_string()))
}

fn is_ours(title: &str) -> bool {
    OURS.iter().any(|beginning| title.starts_with(beginning))
}

/// Puts these into the school's list of blocked sites.
async fn blocks(stage: &Stage, sites: &[&str]) -> Result<()> {
    let mut policy: Value = serde_json::from_str(&stage.school.policy)?;
    let id = stage.school.extension_id()?;
    policy["3rdparty"]["extensions"][&id]["blocked_sites"] = json!(sites);
    stage.policy.change(&policy.to_string())?;
    let browser = stage.pupil.browser()?;
    let first = sites.first().copied().unwrap_or_default();
    wait::until("the school's list to hold", || async {
        browser.goto(&format!("https://{first}/")).await?;
        Ok(is_ours(&shown(browser).await?.0).then_some(()))
    })
    .await
}

async fn only_one_tab(browser: &Browser) -> Result<()> {
    let tabs = browser.driver.windows().await?;
    let Some((first, others)) = tabs.split_first() else { bail!("no tab is open") };
    for tab in others {
        browser.driver.switch_to_window(tab.clone()).await?;
        browser.driver.close_window().await?;
    }
    browser.driver.switch_to_window(first.clone()).await.map_err(Into::into)
}

const fn in_words(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Stopped => "stopped",
        Wanted::StoppedInFrame => "stopped in the frame",
        Wanted::StoppedInNewTab => "stopped in the new tab",
        Wanted::NotAsked => "the site is not reached",
        Wanted::Opens => "opens",
    }
}
