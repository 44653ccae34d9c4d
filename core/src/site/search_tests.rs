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
        ("https://en.wikipedia.org/wiki/Special:Search/a_b", "Wikipedia: a b"),
        ("https://www.google.com/search?as_q=a&as_epq=b+c", "Google: a b c"),
        ("https://www.google.com/search?q=a&tbm=isch&q=b", "Google: a b"),
        ("https://news.google.com/search?q=a&hl=en-GB", "Google: a"),
        ("https://www.google.com/maps/search/two+words/@51,0,10z", "Google Maps: two words"),
        ("https://maps.google.co.uk/maps?q=a", "Google Maps: a"),
        ("https://www.google.co.uk/books?q=a", "Google Books: a"),
        (
            "https://translate.google.com/?sl=en&tl=fr&text=two%20words&op=translate",
            "Google Translate: two words",
        ),
        ("https://play.google.com/store/search?q=a&c=apps", "Google Play: a"),
        ("https://www.bing.com/translator?text=a", "Bing: a"),
        ("https://www.bing.com/maps?q=a", "Bing: a"),
        ("https://uk.images.search.yahoo.com/search/images?p=a", "Yahoo: a"),
        ("https://www.qwant.com/?q=a&t=images", "Qwant: a"),
        ("https://yandex.com/images/search?text=a", "Yandex: a"),
        ("https://yandex.com.tr/search/?text=a", "Yandex: a"),
        ("https://www.baidu.com/s?wd=a", "Baidu: a"),
        ("https://image.baidu.com/search/index?word=a", "Baidu: a"),
        ("https://www.ask.com/web?q=a", "Ask: a"),
        ("https://swisscows.com/en/web?query=a", "Swisscows: a"),
        ("https://www.kiddle.co/s.php?q=a", "Kiddle: a"),
        ("https://www.mojeek.com/search?q=a", "Mojeek: a"),
        ("https://metager.org/meta/meta.ger3?eingabe=a", "MetaGer: a"),
        ("https://kagi.com/search?q=a", "Kagi: a"),
        ("https://www.wikihow.com/wikiHowTo?search=a", "wikiHow: a"),
        ("https://www.quora.com/search?q=a", "Quora: a"),
        ("https://www.urbandictionary.com/define.php?term=a", "Urban Dictionary: a"),
        ("https://stackoverflow.com/search?q=a", "Stack Overflow: a"),
        ("https://github.com/search?q=a&type=code", "GitHub: a"),
        ("https://archive.org/search?query=a", "the Internet Archive: a"),
        ("https://www.deepl.com/en/translator#en/de/two%20words", "DeepL: two words"),
        ("https://www.youtube.com/hashtag/two-words", "YouTube: two words"),
        ("https://music.youtube.com/search?q=a", "YouTube Music: a"),
        ("https://www.twitch.tv/search?term=a", "Twitch: a"),
        ("https://open.spotify.com/search/two%20words/tracks", "Spotify: two words"),
        ("https://giphy.com/search/two-words", "Giphy: two words"),
        ("https://tenor.com/search/two-words-gifs", "Tenor: two words gifs"),
        ("https://www.tiktok.com/search/video?q=a", "TikTok: a"),
        ("https://www.tiktok.com/tag/a", "TikTok: a"),
        ("https://www.instagram.com/explore/tags/a/", "Instagram: a"),
        ("https://www.instagram.com/explore/search/keyword/?q=a", "Instagram: a"),
        ("https://old.reddit.com/r/all/search?q=a", "Reddit: a"),
        ("https://www.pinterest.co.uk/search/pins/?q=a&rs=typed", "Pinterest: a"),
        ("https://twitter.com/search?q=a&src=typed_query", "X: a"),
        ("https://x.com/hashtag/a", "X: a"),
        ("https://www.facebook.com/search/top/?q=a", "Facebook: a"),
        ("https://www.tumblr.com/search/two%20words", "Tumblr: two words"),
        ("https://www.roblox.com/discover/?Keyword=a", "Roblox: a"),
        ("https://store.steampowered.com/search/?term=a", "Steam: a"),
        ("https://steamcommunity.com/search/users/#text=a", "Steam: a"),
        ("https://www.amazon.co.uk/s?k=a&ref=nb", "Amazon: a"),
        ("https://www.ebay.co.uk/sch/i.html?_nkw=a", "eBay: a"),
        ("https://chatgpt.com/?q=a", "ChatGPT: a"),
        ("https://www.perplexity.ai/search/new?q=a", "Perplexity: a"),
        ("https://claude.ai/new?q=a", "Claude: a"),
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
        "https://www.google.com/maps/@51.5,-0.1,10z",
        "https://open.spotify.com/track/a",
        "https://www.deepl.com/en/translator",
        "https://www.amazon.co.uk/dp/B0",
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
