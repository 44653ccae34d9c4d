use super::*;

fn terms(url: &str) -> Option<String> {
    search_terms(&Address::parse(url)?).map(|search| format!("{}: {}", search.engine, search.terms))
}

#[test]
fn the_words_of_every_engine_are_found() {
    for (url, words) in [
        ("https://www.google.com/search?q=two+words&hl=en", "Google: two words"),
        ("https://google.co.uk/search?client=x&q=two%20words", "Google: two words"),
        ("https://www.google.com.au/webhp#q=two+words", "Google: two words"),
        ("https://images.google.de/images?q=caf%C3%A9", "Google: café"),
        ("https://www.bing.com/search?q=a&form=X", "Bing: a"),
        ("https://www.bing.com/images/search?q=a", "Bing: a"),
        ("https://duckduckgo.com/?q=a&ia=web", "DuckDuckGo: a"),
        ("https://html.duckduckgo.com/html/?q=a", "DuckDuckGo: a"),
        ("https://www.youtube.com/results?search_query=a+b", "YouTube: a b"),
        ("https://m.youtube.com/results?search_query=a", "YouTube: a"),
        ("https://www.ecosia.org/images?q=a", "Ecosia: a"),
        ("https://uk.search.yahoo.com/search;_ylt=Awr?p=a&fr=yfp", "Yahoo: a"),
        ("https://search.brave.com/search?q=a", "Brave: a"),
        ("https://www.startpage.com/sp/search?query=a", "Startpage: a"),
        ("https://en.wikipedia.org/w/index.php?search=a", "Wikipedia: a"),
    ] {
        assert_eq!(terms(url).as_deref(), Some(words), "{url}");
    }
}

#[test]
fn what_is_not_a_search_has_no_words() {
    for url in [
        "https://www.google.com/",
        "https://www.google.com/search?q=",
        "https://www.google.com/search?q=%20",
        "https://www.google.com/url?q=https://example.org",
        "https://docs.google.com/document?q=a",
        "https://google.example/search?q=a",
        "https://www.notgoogle.com/search?q=a",
        "https://google.com.evil.example/search?q=a",
        "https://www.youtube.com/watch?v=a&search_query=b",
        "https://example.org/search?q=a",
    ] {
        assert_eq!(terms(url), None, "{url}");
    }
}

#[test]
fn very_long_words_are_cut() {
    let url = format!("https://www.bing.com/search?q={}", "é".repeat(5_000));
    let search = search_terms(&Address::parse(&url).unwrap()).unwrap();
    assert_eq!(search.terms.chars().count(), MAX_TERMS);
}

#[test]
fn a_field_is_judged_by_what_it_says_and_then_by_its_page() {
    let surface = |url: &str, hint, is_ai| surface_of(Address::parse(url).as_ref(), hint, is_ai);
    assert_eq!(surface("https://shop.example/", "type=search", false), Surface::Search);
    assert_eq!(surface("https://ai.example/", "Search chats", true), Surface::Search);
    assert_eq!(surface("https://ai.example/", "", true), Surface::Ai);
    assert_eq!(surface("https://www.google.co.uk/", "combobox", false), Surface::Search);
    assert_eq!(surface("https://www.youtube.com/watch", "Add a comment", false), Surface::Chat);
    assert_eq!(surface("https://docs.google.com/document/d/1", "", false), Surface::Document);
    assert_eq!(surface("https://x.example/", "document body", false), Surface::Document);
    assert_eq!(surface("", "", false), Surface::Chat);
}
