//! The table: each trick with an address that pupils are known to try, and what is to come of it. Only the rows; doing them
//! is in `main`.

/// What the pupil does.
pub(crate) enum Act {
    /// Types the address, or opens a bookmark: for the browser it is the same.
    Types(String),
    /// The same, while the extension's worker sleeps.
    TypesWhileAsleep(&'static str),
    /// Opens an ordinary page on this host, which then runs this script.
    Runs(&'static str, &'static str),
}

/// What is to come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Lapwing's page is shown in the tab, and the site was not asked.
    Stopped,
    /// The same in a frame of the page.
    StoppedInFrame,
    /// The same in a tab that the page opened.
    StoppedInNewTab,
    /// The site was not asked; there is no room for a page of ours.
    NotAsked,
    /// It opens: another site, or a way around that Lapwing does not close.
    Opens,
}

/// One trick.
pub(crate) struct Row {
    pub(crate) trick: &'static str,
    pub(crate) act: Act,
    /// What must not be asked: a host, or its beginning.
    pub(crate) host: &'static str,
    pub(crate) wanted: Wanted,
}

const BET: &str = "www.bet365.com";
const START: &str = "start.example";

fn typed(trick: &'static str, url: &str, host: &'static str) -> Row {
    Row { trick, act: Act::Types(url.to_owned()), host, wanted: Wanted::Stopped }
}

fn runs(trick: &'static str, script: &'static str, wanted: Wanted) -> Row {
    Row { trick, act: Act::Runs(START, script), host: BET, wanted }
}

/// Ways of writing an address.
fn written() -> Vec<Row> {
    let mut rows = Vec::new();
    for (trick, url) in [
        ("as it is", "https://www.bet365.com/"),
        ("without encryption", "http://www.bet365.com/"),
        ("in capitals", "HTTPS://WWW.BET365.COM/"),
        ("a dot at the end", "https://www.bet365.com./"),
        ("another port", "https://www.bet365.com:8443/"),
        ("another host before an @", "https://bbc.co.uk@www.bet365.com/"),
        ("another host and a slash before an @", "https://bbc.co.uk%2Fnews@www.bet365.com/"),
        ("percent signs in the host", "https://www.b%65t365.com/"),
        ("wide letters", "https://www.ｂｅｔ３６５.com/"),
        ("a Chinese full stop", "https://www。bet365。com/"),
        ("an invisible hyphen", "https://www.bet\u{ad}365.com/"),
        ("backslashes", "https:\\\\www.bet365.com\\a"),
    ] {
        rows.push(typed(trick, url, BET));
    }
    rows.push(typed("a subdomain of a subdomain", "https://a.b.c.bet365.com/", "a.b.c.bet365.com"));
    let long = format!("https://www.bet365.com/?{}", "a".repeat(100_000));
    rows.push(typed("100,000 letters in the query", &long, BET));
    for (trick, url) in [
        ("an IP address", "https://203.0.113.9/"),
        ("an IP address as one number", "https://3405803785/"),
        ("an IP address in octal", "https://0313.0.0161.011/"),
        ("an IP address in hexadecimal", "https://0xcb.0x0.0x71.0x9/"),
        ("an IP address in two parts", "https://203.28937/"),
    ] {
        rows.push(typed(trick, url, "203.0.113.9"));
    }
    rows.push(typed("an IPv4 address inside IPv6", "https://[::ffff:203.0.113.9]/", "[::ffff:cb00:7109]"));
    rows.push(typed("an IP address that nobody has listed", "https://198.51.100.7/", "198.51.100.7"));
    for (trick, url) in [
        ("a path in capitals", "https://school-blocks.example/GAMES"),
        ("percent signs in the path", "https://school-blocks.example/%67ames/"),
        ("two slashes in the path", "https://school-blocks.example//games/a"),
        ("dots in the path", "https://school-blocks.example/a/../games"),
    ] {
        rows.push(typed(trick, url, "school-blocks.example"));
    }
    // Another site, whatever it looks like; nobody can list them all.
    let other = typed("a look-alike letter from another script", "https://www.bеt365.com/", "nothing");
    rows.push(Row { wanted: Wanted::Opens, ..other });
    rows
}

/// Services that show other sites' pages, or lead to them.
fn within() -> Vec<Row> {
    [
        (
            "Google Translate",
            "https://translate.google.com/translate?sl=en&tl=fr&u=https://www.bet365.com/",
            "translate.",
        ),
        ("Google Translate's own host", "https://www-bet365-com.translate.goog/?_x_tr_sl=en", "www-bet365"),
        (
            "Bing's translator",
            "https://www.translatetheweb.com/?from=&to=fr&a=https%3A%2F%2Fwww.bet365.com",
            "www.trans",
        ),
        (
            "Yandex's translator",
            "https://translate.yandex.com/translate?url=www.bet365.com&lang=en-fr",
            "translate.",
        ),
        (
            "the Wayback Machine",
            "https://web.archive.org/web/20200101000000/https://www.bet365.com/",
            "web.archive",
        ),
        ("the Wayback Machine, without https", "https://web.archive.org/web/2020/bet365.com", "web.archive"),
        (
            "a translated copy of an archive's",
            "https://web-archive-org.translate.goog/web/2020/https://bet365.com/",
            "web-archive",
        ),
        ("archive.today", "https://archive.today/newest/https://www.bet365.com/", "archive.today"),
        ("an archive's other name, by a code", "https://archive.md/AbC1d", "archive.md"),
        (
            "a small proxy's front page",
            "https://any.example/?url=https%3A%2F%2Fwww.bet365.com%2F",
            "any.example",
        ),
        (
            "Google's copy",
            "https://webcache.googleusercontent.com/search?q=cache:Ab1:https://www.bet365.com/",
            "webcache",
        ),
        (
            "a page of Google's AMP cache",
            "https://www-bet365-com.cdn.ampproject.org/c/s/www.bet365.com/",
            "www-bet365",
        ),
        ("a reader for machines", "https://r.jina.ai/https://www.bet365.com/", "r.jina.ai"),
        ("a remover of pay walls", "https://12ft.io/proxy?q=https%3A%2F%2Fwww.bet365.com", "12ft.io"),
        (
            "a proxy that nobody has listed",
            "https://homework.example/browse.php?u=https%3A%2F%2Fwww.bet365.com",
            "homework",
        ),
        ("the same, by its path", "https://homework.example/p/https://www.bet365.com/", "homework"),
        (
            "the same, in percent signs twice",
            "https://homework.example/p/https%253A%252F%252Fwww.bet365.com",
            "homework",
        ),
        ("the same, in base64", "https://homework.example/p/aHR0cHM6Ly93d3cuYmV0MzY1LmNvbS8", "homework"),
        (
            "the same, with changed letters",
            "https://homework.example/service/hvtrs8%2F-wuw%2Cbgt167.aoo",
            "homework",
        ),
        (
            "a link out of Google's results",
            "https://www.google.com/url?sa=t&q=https://www.bet365.com/",
            "www.google",
        ),
        (
            "a link out of Facebook",
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.bet365.com%2F&h=A",
            "l.facebook",
        ),
        (
            "a link out of Bing's results",
            "https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly93d3cuYmV0MzY1LmNvbS8&ntb=1",
            "www.bing",
        ),
        (
            "a search inside a translator",
            "https://www-google-com.translate.goog/search?q=how+to+kill+myself",
            "www-google",
        ),
        (
            "unlawful content in an archive",
            "https://web.archive.org/web/2020/https://illegal.lapwing.test/a",
            "web.archive",
        ),
        ("DNS over HTTPS, opened", "https://dns.google/query?name=bet365.com", "dns.google"),
        ("a web proxy", "https://www.croxyproxy.com/", "www.croxyproxy"),
        (
            "a page written into the address",
            "data:text/html,<title>A plain page</title><iframe src=https://www.bet365.com/>",
            BET,
        ),
    ]
    .map(|(trick, url, host)| typed(trick, url, host))
    .into()
}

/// What a page can do by itself.
fn by_pages() -> Vec<Row> {
    use Wanted::{NotAsked, Opens, Stopped, StoppedInFrame, StoppedInNewTab};
    let mut rows = vec![
        runs("a link", "
            const link = document.body.appendChild(document.createElement('a'));
            link.href = 'https://www.bet365.com/';
            link.click();", Stopped),
        runs("a redirect by script", "location.replace('https://www.bet365.com/');", Stopped),
        runs("a redirect by the page", "
            const refresh = document.createElement('meta');
            refresh.httpEquiv = 'refresh';
            refresh.content = '0; url=https://www.bet365.com/';
            document.head.append(refresh);", Stopped),
        runs("a form", "
            const form = document.body.appendChild(document.createElement('form'));
            form.method = 'post';
            form.action = 'https://www.bet365.com/';
            form.submit();", Stopped),
        runs("a new tab", "
            const button = document.body.appendChild(document.createElement('button'));
            button.id = 'go';
            button.append('Go');
            button.onclick = () => window.open('https://www.bet365.com/');", StoppedInNewTab),
        runs("an empty tab that is sent on", "
            const button = document.body.appendChild(document.createElement('button'));
            button.id = 'go';
            button.append('Go');
            button.onclick = () => (window.open('about:blank').location = 'https://www.bet365.com/');", StoppedInNewTab),
        runs("a frame", "
            const frame = document.body.appendChild(document.createElement('iframe'));
            frame.src = 'https://www.bet365.com/';", StoppedInFrame),
        runs("an object", "
            const object = document.body.appendChild(document.createElement('object'));
            object.data = 'https://www.bet365.com/';", NotAsked),
        runs("an embedded page", "
            const embed = document.body.appendChild(document.createElement('embed'));
            embed.src = 'https://www.bet365.com/';", NotAsked),
        runs("an empty tab with a frame written into it", "
            const button = document.body.appendChild(document.createElement('button'));
            button.id = 'go';
            button.append('Go');
            button.onclick = () => {
                const tab = window.open('about:blank');
                tab.document.write('<iframe src=https://www.bet365.com/></iframe>');
                tab.document.close();
            };", NotAsked),
        runs("a frame in a frame without an address", "
            const frame = document.body.appendChild(document.createElement('iframe'));
            frame.srcdoc = '<iframe src=https://www.bet365.com/></iframe>';", NotAsked),
        runs("a frame in a page made of a blob", "
            const page = new Blob(['<iframe src=https://www.bet365.com/></iframe>'], { type: 'text/html' });
            location.href = URL.createObjectURL(page);", NotAsked),
        runs("a link to the page's source", "window.open('view-source:https://www.bet365.com/');", NotAsked),
        runs("a page prepared before anybody opens it", "
            const rules = document.createElement('script');
            rules.type = 'speculationrules';
            rules.textContent = JSON.stringify({ prerender: [{ urls: ['https://www.bet365.com/'], eagerness: 'immediate' }] });
            document.head.append(rules);", NotAsked),
        runs("a script that fetches the site without showing it", "
            fetch('https://www.bet365.com/', { mode: 'no-cors' });", Opens),
    ];
    let fetched = [
        (
            "unlawful content, fetched by a script",
            "fetch('https://illegal.lapwing.test/a').catch(() => {});",
            "illegal.",
        ),
        (
            "unlawful content as a picture",
            "new Image().src = 'https://cdn.illegal.lapwing.test/a.png';",
            "cdn.illegal",
        ),
        ("unlawful content over a web socket", "new WebSocket('wss://illegal.lapwing.test/a');", "illegal."),
        (
            "unlawful content in a frame",
            "
            const frame = document.body.appendChild(document.createElement('iframe'));
            frame.src = 'https://illegal.lapwing.test/';",
            "illegal.",
        ),
        (
            "DNS over HTTPS, asked by a script",
            "fetch('https://dns.google/resolve?name=a').catch(() => {});",
            "dns.google",
        ),
        (
            "DNS over HTTPS of a host nobody has listed",
            "
            fetch('https://any.example/dns-query?dns=AAAB', { mode: 'no-cors' }).catch(() => {});",
            "any.example",
        ),
        (
            "a proxy inside a page, over a web socket",
            "new WebSocket('wss://croxyproxy.com/wisp/');",
            "croxyproxy",
        ),
    ];
    rows.extend(fetched.map(|(trick, script, host)| Row {
        trick,
        act: Act::Runs(START, script),
        host,
        wanted: NotAsked,
    }));
    let words = "history.pushState(null, '', '/results?search_query=how+to+kill+myself');";
    let act = Act::Runs("www.youtube.com", words);
    rows.push(Row {
        trick: "a search that a page writes into its own address",
        act,
        host: "nothing",
        wanted: Stopped,
    });
    rows
}

/// Every row, in the order of the table in docs/sites.md.
pub(crate) fn all() -> Vec<Row> {
    let mut rows = written();
    rows.extend(within());
    rows.push(typed(
        "a redirect by a server",
        "https://start.example/redirect?to=https://www.bet365.com/",
        BET,
    ));
    let source = typed("the source of a page", "view-source:https://www.bet365.com/", BET);
    rows.push(Row { wanted: Wanted::NotAsked, ..source });
    rows.extend(by_pages());
    for (trick, url, host) in [
        ("with the worker asleep", "https://www.bet365.com/", BET),
        (
            "an archive, with the worker asleep",
            "https://web.archive.org/web/2020/https://www.bet365.com/",
            "web.archive",
        ),
    ] {
        rows.push(Row { trick, act: Act::TypesWhileAsleep(url), host, wanted: Wanted::Stopped });
    }
    rows
}
