//! What is found inside addresses, and what is not.

use super::*;

fn all(url: &str) -> Vec<String> {
    let spelt = |inner: &Inner| {
        let address = Address::parse(&inner.url).expect("an address inside");
        format!("{}{}", address.host, address.path)
    };
    inner(&Address::parse(url).expect("an address")).iter().map(spelt).collect()
}

fn found(url: &str) -> Option<String> {
    all(url).into_iter().next()
}

#[test]
fn every_address_in_a_path_is_found() {
    for (url, wanted) in [
        (
            "https://a.example/go/https://ok.example/https://bet.example",
            vec!["ok.example/https:/bet.example", "bet.example/"],
        ),
        // What is no beginning of an address hides none that follows.
        ("https://a.example/xhttps:/ok/https://bet.example", vec!["bet.example/"]),
        ("https://a.example/https:/%20/http://bet.example/x?y", vec!["bet.example/x"]),
    ] {
        assert_eq!(all(url), wanted, "{url}");
    }
    let long: String = (0..500).map(|n| format!("/https://ok-{n}.example")).collect();
    let found = all(&format!("https://a.example/go{long}"));
    assert_eq!(found.len(), MOST);
    assert!(found[0].starts_with("ok-0.example") && found[MOST - 1] == "ok-499.example/", "{found:?}");
    // Far more beginnings than are read, none of which is an address but the first and the last.
    let many = "/http:".repeat(10_000);
    let found = all(&format!("https://a.example/https://bet.example/{many}/https://odds.example"));
    assert!(found[0].starts_with("bet.example/") && found.last().is_some_and(|url| url == "odds.example/"));
}

#[test]
fn of_a_parameter_that_is_there_often_the_first_and_the_last_are_found_whatever_the_others_are() {
    let decoys: String = (0..100).map(|n| format!("u=https://ok-{n}.example&")).collect();
    let url = format!("https://any.example/browse.php?{decoys}url=https://bet.example&q=ok.example");
    assert_eq!(all(&url), ["ok-0.example/", "ok-99.example/", "bet.example/", "ok.example/"]);
}

#[test]
fn a_site_is_found_inside_every_service() {
    for (url, wanted) in [
        ("https://translate.google.com/translate?sl=en&tl=fr&u=https://bet.example/a", "bet.example/a"),
        ("https://translate.google.co.uk/translate?hl=en&u=bet.example", "bet.example/"),
        ("https://www-bet-example.translate.goog/a?_x_tr_sl=auto", "www.bet.example/a"),
        ("https://a--b-bet-example.translate.goog/", "a-b.bet.example/"),
        ("https://www.translatetheweb.com/?from=&to=fr&a=https%3A%2F%2Fbet.example", "bet.example/"),
        ("https://translate.yandex.com/translate?url=bet.example&lang=en-fr", "bet.example/"),
        ("https://web.archive.org/web/20200101000000/https://bet.example/a", "bet.example/a"),
        ("https://web.archive.org/web/2020id_/bet.example", "bet.example/"),
        ("https://web.archive.org/web/*/bet.example/*", "bet.example/*"),
        ("https://archive.ph/newest/https://bet.example/", "bet.example/"),
        ("https://webcache.googleusercontent.com/search?q=cache:AbC1:https://bet.example/+x", "bet.example/"),
        ("https://www.google.com/search?q=cache:bet.example", "bet.example/"),
        ("https://bet-example.cdn.ampproject.org/c/s/bet.example/a", "bet.example/a"),
        ("https://www.google.com/amp/s/bet.example/a", "bet.example/a"),
        ("https://r.jina.ai/https://bet.example/a", "bet.example/a"),
        ("https://r.jina.ai/bet.example", "bet.example/"),
        ("https://12ft.io/proxy?q=https%3A%2F%2Fbet.example", "bet.example/"),
        ("https://any.example/https%3A%2F%2Fbet.example%2Fa", "bet.example/a"),
        ("https://any.example/p/https%253A%252F%252Fbet.example", "bet.example/"),
        ("https://any.example/browse.php?u=https%3A%2F%2Fbet.example&b=4", "bet.example/"),
        ("https://any.example/?url=https%3A%2F%2Fwww.bet.example%2Fa", "www.bet.example/a"),
        ("https://any.example/raw?url=bet.example", "bet.example/"),
        ("https://archive.md/newest/bet.example", "bet.example/"),
        ("https://archive.today/https://bet.example/", "bet.example/"),
        ("https://any.example/go/aHR0cHM6Ly9iZXQuZXhhbXBsZS8", "bet.example/"),
        ("https://any.example/uv/service/hvtrs8%2F-bgt%2Cezaopne-", "bet.example/"),
        ("https://www.google.com/url?sa=t&q=https://bet.example/", "bet.example/"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fbet.example%2F&h=A", "bet.example/"),
        ("https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9iZXQuZXhhbXBsZS8&ntb=1", "bet.example/"),
        ("https://r.search.yahoo.com/_ylt=A/RV=2/RU=https%3a%2f%2fbet.example%2f/RK=2", "bet.example/rk=2"),
        ("https://duckduckgo.com/l/?uddg=https%3A%2F%2Fbet.example%2F", "bet.example/"),
    ] {
        assert_eq!(found(url).as_deref(), Some(wanted), "{url}");
    }
}

#[test]
fn an_ordinary_address_has_nothing_inside() {
    for url in [
        "https://news.example/2026/11/23/story.html?ref=https://bet.example/",
        "https://www.google.com/search?q=bet.example",
        "https://translate.google.com/?text=hello.&sl=en",
        "https://docs.google.com/document/d/1/edit",
        "https://web.archive.org/",
        "https://web.archive.org/web/2020/",
        "https://shop.example/xhttps:/x",
        "https://shop.example/?page=aGVsbG8",
        "https://mail.example/proxy?url=",
    ] {
        assert_eq!(found(url), None, "{url}");
    }
}
