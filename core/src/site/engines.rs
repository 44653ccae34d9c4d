//! Where people search: search engines, and the search boxes of sites that children use. Only the table; `search` reads
//! addresses by it.

use super::hosts::At;

/// Where in an address the words are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Words {
    /// In these parameters of the query, or of a fragment written like one; all of them are read.
    In(&'static [&'static str]),
    /// In the path, up to the next slash after this beginning.
    After(&'static str),
    /// In this part of the fragment, parts being divided by slashes and counted from 0.
    Fragment(usize),
}

/// One kind of address with words in it.
#[derive(Debug)]
pub(crate) struct Engine {
    /// As a person knows it.
    pub(crate) name: &'static str,
    pub(crate) at: At,
    /// The paths on which this is a search; empty for every path.
    pub(crate) paths: &'static [&'static str],
    pub(crate) words: Words,
    /// Whether these hosts are for searching and nothing else, so that any field on them is a search box.
    pub(crate) only_search: bool,
}

const fn engine(
    name: &'static str,
    at: At,
    paths: &'static [&'static str],
    parameters: &'static [&'static str],
) -> Engine {
    Engine { name, at, paths, words: Words::In(parameters), only_search: paths.is_empty() }
}

const fn path(name: &'static str, at: At, after: &'static str) -> Engine {
    Engine { name, at, paths: &[], words: Words::After(after), only_search: false }
}

const fn shared(mut engine: Engine) -> Engine {
    engine.only_search = false;
    engine
}

use At::{Domain, National, Only};

/// Google's own search hosts, but not its other services.
pub(crate) const GOOGLE: At = Only(
    "google",
    &["", "www.", "m.", "images.", "video.", "news.", "scholar.", "ipv4.", "ipv6.", "encrypted.", "cse."],
);

/// Sites in no order; the first that has words for an address is believed.
pub(crate) const ENGINES: &[Engine] = &[
    Engine {
        name: "Google",
        at: GOOGLE,
        paths: &["/", "/search", "/webhp", "/imghp", "/images", "/m", "/custom", "/scholar", "/cse"],
        words: Words::In(&["q", "as_q", "as_epq", "as_oq"]),
        only_search: true,
    },
    path("Google Maps", Only("google", &["", "www.", "maps."]), "/maps/search/"),
    path("Google Maps", Only("google", &["", "www.", "maps."]), "/maps/place/"),
    engine("Google Maps", Only("google", &["", "www.", "maps."]), &["/maps"], &["q", "query"]),
    engine("Google Books", Only("google", &["", "www.", "books."]), &["/books", "/"], &["q", "bsq"]),
    engine("Google Translate", Only("google", &["translate."]), &["/"], &["text", "q"]),
    engine("Google Play", Only("google", &["play."]), &["/store/search"], &["q"]),
    engine("Google Shopping", Only("google", &["shopping."]), &["/search", "/"], &["q"]),
    engine("Google Trends", Only("google", &["trends."]), &["/trends/explore"], &["q"]),
    engine("Bing", Domain("bing.com"), &[], &["q", "text"]),
    engine("DuckDuckGo", Domain("duckduckgo.com"), &[], &["q"]),
    engine("Yahoo", Domain("search.yahoo.com"), &[], &["p"]),
    engine("Yahoo", Domain("search.yahoo.co.jp"), &[], &["p"]),
    engine("Ecosia", Domain("ecosia.org"), &[], &["q"]),
    engine("Brave", Domain("search.brave.com"), &[], &["q"]),
    engine("Startpage", Domain("startpage.com"), &[], &["query", "q"]),
    engine("Qwant", Domain("qwant.com"), &[], &["q"]),
    engine("Qwant Junior", Domain("qwantjunior.com"), &[], &["q"]),
    shared(engine("Yandex", National("yandex"), &["/search", "/images", "/video"], &["text"])),
    engine("Yandex", Domain("ya.ru"), &["/search", "/images", "/video"], &["text"]),
    engine("Baidu", Domain("baidu.com"), &["/s", "/search", "/sf/vsearch"], &["wd", "word"]),
    engine("Sogou", Domain("sogou.com"), &["/web", "/pics"], &["query"]),
    engine("Naver", Domain("search.naver.com"), &[], &["query"]),
    engine("Seznam", Domain("search.seznam.cz"), &[], &["q"]),
    engine("Ask", Domain("ask.com"), &[], &["q"]),
    engine("AOL", Domain("search.aol.com"), &[], &["q", "p"]),
    engine("Swisscows", Domain("swisscows.com"), &[], &["query"]),
    engine("Kiddle", Domain("kiddle.co"), &[], &["q"]),
    engine("Mojeek", Domain("mojeek.com"), &[], &["q"]),
    engine("MetaGer", Domain("metager.org"), &[], &["eingabe"]),
    engine("Presearch", Domain("presearch.com"), &[], &["q"]),
    engine("Kagi", Domain("kagi.com"), &["/search", "/images", "/videos", "/news"], &["q"]),
    engine("Yep", Domain("yep.com"), &[], &["q"]),
    engine("Dogpile", Domain("dogpile.com"), &[], &["q"]),
    engine("You.com", Domain("you.com"), &["/search"], &["q"]),
    // Encyclopaedias, questions and answers.
    engine("Wikipedia", Domain("wikipedia.org"), &["/w/index.php", "/wiki/special:search"], &["search"]),
    path("Wikipedia", Domain("wikipedia.org"), "/wiki/special:search/"),
    engine("wikiHow", Domain("wikihow.com"), &["/wikihowto"], &["search"]),
    engine("Fandom", Domain("fandom.com"), &["/wiki/special:search"], &["query", "search"]),
    engine("Quora", Domain("quora.com"), &["/search"], &["q"]),
    engine("Urban Dictionary", Domain("urbandictionary.com"), &["/define.php"], &["term"]),
    engine("Stack Overflow", Domain("stackoverflow.com"), &["/search"], &["q"]),
    engine("Stack Exchange", Domain("stackexchange.com"), &["/search"], &["q"]),
    engine("GitHub", Domain("github.com"), &["/search"], &["q"]),
    engine(
        "the Internet Archive",
        Domain("archive.org"),
        &["/search", "/advancedsearch.php"],
        &["query", "q"],
    ),
    engine("Wolfram Alpha", Domain("wolframalpha.com"), &["/input"], &["i"]),
    engine("Quizlet", Domain("quizlet.com"), &["/search"], &["query"]),
    Engine {
        name: "DeepL",
        at: Domain("deepl.com"),
        paths: &[],
        words: Words::Fragment(2),
        only_search: false,
    },
    // Film, music and pictures.
    engine("YouTube", Domain("youtube.com"), &["/results"], &["search_query", "q"]),
    path("YouTube", Domain("youtube.com"), "/hashtag/"),
    engine("YouTube Music", Domain("music.youtube.com"), &["/search"], &["q"]),
    engine("YouTube Kids", Domain("youtubekids.com"), &["/search"], &["q"]),
    engine("Vimeo", Domain("vimeo.com"), &["/search"], &["q"]),
    path("Dailymotion", Domain("dailymotion.com"), "/search/"),
    engine("Twitch", Domain("twitch.tv"), &["/search"], &["term"]),
    path("Spotify", Domain("open.spotify.com"), "/search/"),
    engine("SoundCloud", Domain("soundcloud.com"), &["/search"], &["q"]),
    engine("Netflix", Domain("netflix.com"), &["/search"], &["q"]),
    path("Giphy", Domain("giphy.com"), "/search/"),
    path("Tenor", Domain("tenor.com"), "/search/"),
    engine("Imgur", Domain("imgur.com"), &["/search"], &["q"]),
    engine("Flickr", Domain("flickr.com"), &["/search"], &["text", "q"]),
    engine("DeviantArt", Domain("deviantart.com"), &["/search"], &["q"]),
    path("DeviantArt", Domain("deviantart.com"), "/tag/"),
    path("Unsplash", Domain("unsplash.com"), "/s/photos/"),
    path("Pexels", Domain("pexels.com"), "/search/"),
    path("Pixabay", Domain("pixabay.com"), "/images/search/"),
    // Social media.
    engine("TikTok", Domain("tiktok.com"), &["/search"], &["q"]),
    path("TikTok", Domain("tiktok.com"), "/tag/"),
    path("TikTok", Domain("tiktok.com"), "/discover/"),
    engine("Instagram", Domain("instagram.com"), &["/explore/search", "/explore/search/keyword"], &["q"]),
    path("Instagram", Domain("instagram.com"), "/explore/tags/"),
    engine("Reddit", Domain("reddit.com"), &[], &["q"]),
    engine("Pinterest", National("pinterest"), &["/search"], &["q"]),
    engine("X", Domain("x.com"), &["/search"], &["q"]),
    path("X", Domain("x.com"), "/hashtag/"),
    engine("X", Domain("twitter.com"), &["/search"], &["q"]),
    path("X", Domain("twitter.com"), "/hashtag/"),
    engine("Facebook", Domain("facebook.com"), &["/search"], &["q"]),
    path("Facebook", Domain("facebook.com"), "/hashtag/"),
    path("Tumblr", Domain("tumblr.com"), "/search/"),
    path("Tumblr", Domain("tumblr.com"), "/tagged/"),
    engine("Bluesky", Domain("bsky.app"), &["/search"], &["q"]),
    engine("Threads", Domain("threads.net"), &["/search"], &["q"]),
    path("Wattpad", Domain("wattpad.com"), "/search/"),
    // Games and shops.
    engine(
        "Roblox",
        Domain("roblox.com"),
        &["/discover", "/games", "/catalog", "/search/users"],
        &["Keyword", "keyword"],
    ),
    engine("Steam", Domain("steampowered.com"), &["/search"], &["term"]),
    engine("Steam", Domain("steamcommunity.com"), &["/search", "/search/users"], &["text"]),
    engine("Amazon", National("amazon"), &["/s", "/gp/search"], &["k", "field-keywords"]),
    engine("eBay", National("ebay"), &["/sch"], &["_nkw"]),
    engine("Etsy", Domain("etsy.com"), &["/search", "/uk/search"], &["q"]),
    engine("AliExpress", Domain("aliexpress.com"), &["/wholesale"], &["SearchText"]),
    engine("Vinted", National("vinted"), &["/catalog"], &["search_text"]),
    // Assistants that take a question in the address.
    engine("ChatGPT", Domain("chatgpt.com"), &["/", "/search"], &["q", "prompt"]),
    engine("ChatGPT", Domain("chat.openai.com"), &["/"], &["q", "prompt"]),
    engine("Claude", Domain("claude.ai"), &["/new"], &["q"]),
    engine("Copilot", Domain("copilot.microsoft.com"), &["/"], &["q"]),
    engine("Grok", Domain("grok.com"), &["/"], &["q"]),
    engine("Perplexity", Domain("perplexity.ai"), &["/", "/search"], &["q"]),
    engine("Phind", Domain("phind.com"), &["/search"], &["q"]),
];
