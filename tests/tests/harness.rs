//! The harness itself: a browser that reaches the local web under any name, and a look that notices what is wrong.

use lapwing_tests::browser::Start;
use lapwing_tests::tls::Certificate;
use lapwing_tests::{Browser, Site, look, page};

#[tokio::test(flavor = "multi_thread")]
async fn any_host_leads_to_the_local_web_and_faults_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::in_folder(folder.path()).unwrap();
    let site = Site::start(&certificate).unwrap();
    let profile = folder.path().join("profile");
    let start = Start { profile: &profile, trust: &[&certificate.spki], web: site.port };
    let browser = Browser::start(&start).await.unwrap();

    browser.goto("https://www.google.com/textarea").await.unwrap();
    assert_eq!(browser.driver.title().await.unwrap(), "A textarea");
    page::fill(&browser.driver, "Message", "hello").await.unwrap();
    assert_eq!(page::value(&browser.driver, "Message").await.unwrap(), "hello");
    assert!(site.was_asked("www.google.com"));
    assert!(!site.was_asked("www.bing.com"));

    // A page with a fault of each kind.
    browser.console_errors().await.unwrap();
    let script = "document.body.innerHTML = '<img src=\"data:,\"><div style=\"width:3000px\">wide</div>'
        + '<div style=\"width:60px;overflow:hidden;white-space:nowrap\">cut off in the middle of it</div>';
        console.error('something broke');";
    browser.driver.execute(script, vec![]).await.unwrap();
    let wrong = look::judge(&browser, folder.path(), "faulty").await.unwrap().join("\n");
    for fault in ["image-alt", "px wide in a window of 390", "cut off", "something broke", "at 390 px, dark"]
    {
        assert!(wrong.contains(fault), "{fault} is not among:\n{wrong}");
    }
    assert!(folder.path().join("faulty-1280-light.png").is_file());
    browser.close().await.unwrap();
}
