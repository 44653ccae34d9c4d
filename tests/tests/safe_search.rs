//! Safe search: every engine is asked for its strict mode, however the pupil's address was written, unless the school has
//! turned it off; and words that are written into an address letter by letter are read once.

use lapwing_tests::{Stage, page, wait};
use serde_json::{Value, json};

/// What is opened, and the query that the engine must get.
const SEARCHES: &[(&str, &str)] = &[
    ("https://www.google.com/search?q=otters", "q=otters&safe=active&ssui=on"),
    ("https://www.google.co.uk/search?q=otters&safe=off", "q=otters&safe=active&ssui=on"),
    ("https://www.google.com.au/search?safe=images&q=otters&ssui=off", "safe=active&q=otters&ssui=on"),
    ("https://www.google.de/search?q=otters&safe=off&safe=off", "q=otters&safe=active&ssui=on"),
    ("https://www.google.fr/search?q=otters&%73afe=off", "q=otters&safe=active&ssui=on"),
    ("https://www.google.ie./search?q=otters&SAFE=off", "q=otters&safe=active&ssui=on"),
    ("https://images.google.com/?q=otters", "q=otters&safe=active&ssui=on"),
    ("https://www.bing.com/search?q=otters&adlt=off", "q=otters&adlt=strict"),
    ("https://www.bing.com/images/search?q=otters", "q=otters&adlt=strict"),
    ("https://duckduckgo.com/?q=otters&kp=-2", "q=otters&kp=1"),
    ("https://html.duckduckgo.com/html/?q=otters", "q=otters&kp=1"),
    ("https://uk.search.yahoo.com/search?p=otters&vm=p", "p=otters&vm=r"),
    ("https://www.ecosia.org/search?q=otters", "q=otters&safesearch=2"),
    ("https://search.brave.com/images?q=otters&safesearch=off", "q=otters&safesearch=strict"),
    ("https://www.startpage.com/sp/search?query=otters&qadf=none", "query=otters&qadf=heavy"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_engine_is_kept_in_its_safe_mode() {
    let stage = Stage::open().await.unwrap();
    let (pupil, site) = (&stage.pupil, &stage.ground.site);
    let browser = pupil.browser().unwrap();
    // The rules are put in force a moment after Lapwing is on; what only they can do shows when.
    wait::until("YouTube to be restricted", || async {
        browser.goto("https://www.youtube.com/watch?v=otters").await?;
        let asked = site.asked();
        Ok(asked.iter().any(|asked| asked.restrict.as_deref() == Some("Strict")).then_some(()))
    })
    .await
    .unwrap();

    for (url, wanted) in SEARCHES {
        let before = site.asked().len();
        browser.goto(url).await.unwrap();
        let asked = site.asked().split_off(before);
        // A browser asks for icons and, now and then, its maker for something of its own.
        let queries: Vec<&str> = asked
            .iter()
            .filter(|asked| url.contains(&asked.host) && asked.path != "/favicon.ico")
            .map(|asked| asked.query.as_str())
            .collect();
        assert_eq!(sorted(&queries), [sorted_query(wanted)], "{url}");
    }

    // The first thing that a worker hears when it wakes: it waits until its words can be read.
    let asked_for = || site.asked().into_iter().filter(|asked| asked.query.contains("q=woken"));
    for url in ["https://www.google.com/search?q=woken&safe=off", "https://www.bing.com/search?q=woken"] {
        let before = asked_for().count();
        pupil.stop_worker().await.unwrap();
        browser.goto(url).await.unwrap();
        let what = format!("{url} to be asked for");
        wait::until(&what, || async { Ok((asked_for().count() > before).then_some(())) }).await.unwrap();
    }
    let woken: Vec<_> = asked_for().collect();
    assert_eq!(woken.len(), 2, "{woken:?}");
    assert!(
        woken.iter().all(|asked| asked.query.contains("safe=active") || asked.query.contains("adlt=strict")),
        "{woken:?}"
    );

    // What a page's own script fetches, which only the browser's rules see, also with the worker asleep.
    pupil.stop_worker().await.unwrap();
    browser.goto("https://www.google.com/").await.unwrap();
    let fetch = "
        const done = arguments[arguments.length - 1];
        fetch('/search?q=fetched&safe=off').then(() => done(true), () => done(false));";
    browser.driver.execute_async(fetch, vec![]).await.unwrap();
    let fetched = site.asked().into_iter().find(|asked| asked.query.contains("q=fetched")).unwrap();
    assert_eq!(sorted_query(&fetched.query), sorted_query("q=fetched&safe=active&ssui=on"));

    // The school turns it off.
    let mut policy: Value = serde_json::from_str(&stage.school.policy).unwrap();
    let id = stage.school.extension_id().unwrap();
    policy["3rdparty"]["extensions"][&id]["safe_search"] = json!("off");
    policy["3rdparty"]["extensions"][&id]["youtube_restricted"] = json!("moderate");
    stage.policy.change(&policy.to_string()).unwrap();
    wait::until("safe search to be off and YouTube moderate", || async {
        let before = site.asked().len();
        browser.goto("https://www.google.com/search?q=badgers").await?;
        browser.goto("https://m.youtube.com/").await?;
        let asked = site.asked().split_off(before);
        let plain = asked.iter().any(|asked| asked.query == "q=badgers");
        let moderate = asked.iter().any(|asked| asked.restrict.as_deref() == Some("Moderate"));
        Ok((plain && moderate).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_written_letter_by_letter_is_read_once_and_whole() {
    let stage = Stage::open().await.unwrap();
    let desk = stage.desk().await.unwrap();
    let browser = stage.pupil.browser().unwrap();
    browser.goto("https://www.youtube.com/").await.unwrap();
    let letters = "
        const done = arguments[arguments.length - 1];
        const words = 'i want to kill myself tonight with pills';
        let length = 0;
        const step = () => {
            length += 1;
            history.replaceState(null, '', '/results?search_query=' + encodeURIComponent(words.slice(0, length)));
            if (length < words.length) setTimeout(step, 30); else done(true);
        };
        step();";
    browser.driver.execute_async(letters, vec![]).await.unwrap();
    wait::until("the support page", || async {
        Ok(browser.driver.title().await?.starts_with("Help is here").then_some(()))
    })
    .await
    .unwrap();
    desk.wait_for_alerts(1).await.unwrap();
    let row = desk.wait_for_row("/episodes/", "uicide").await.unwrap();
    desk.follow(&row).await.unwrap();
    page::see(&stage.ground.office.driver, "tonight with pills").await.unwrap();
}

fn sorted(queries: &[&str]) -> Vec<Vec<String>> {
    queries.iter().map(|query| sorted_query(query)).collect()
}

/// A query's parts without their order, which no engine minds.
fn sorted_query(query: &str) -> Vec<String> {
    let mut parts: Vec<String> = query.split('&').map(str::to_owned).collect();
    parts.sort();
    parts
}
