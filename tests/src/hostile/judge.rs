//! Opens pages in Chromium and judges each: nothing of the hostile strings may have run, loaded, become markup or become
//! a link; and every string that the page showed must stand there as it was written.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use super::{Hostile, MARK};
use crate::browser::Browser;

/// Runs in every page before the page's own scripts: what a string would call, what the browser would say, and what the
/// content security policy stopped are all written down.
const WATCH: &str = "
    window.heard = [];
    const hear = (what) => (...args) => { window.heard.push(what + ' ' + args.join(' ').slice(0, 200)); };
    window.zq = hear('called');
    for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = hear(name);
    document.addEventListener('securitypolicyviolation', (event) => {
        window.heard.push('policy ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample);
    });";

/// What stands on the page: all its words and values, and whatever could run or lead away.
const LOOK: &str = "
    const own = location.origin;
    const mark = arguments[0];
    const wrong = [];
    const never = new Set(('iframe frame frameset object embed applet base style math video audio source track portal ' +
        'fencedframe plaintext xmp noembed noframes template marquee isindex keygen foreignobject animate set use image')
        .split(' '));
    const leads = new Set('href src action formaction data poster background ping cite srcset xlink:href'.split(' '));
    const words = new Set('value content aria-label title placeholder'.split(' '));
    for (const element of document.querySelectorAll('*')) {
        const name = element.localName.toLowerCase();
        if (never.has(name)) wrong.push('<' + name + '>');
        if (name === 'meta' && element.hasAttribute('http-equiv') && own.startsWith('https')) wrong.push('<meta http-equiv>');
        for (const { name: key, value } of element.attributes) {
            if (key.startsWith('on') || key === 'style' || key === 'srcdoc') wrong.push(name + ' ' + key + '=' + value);
            if (leads.has(key) || leads.has(key.split(':')[1])) {
                let to;
                try { to = new URL(value, location.href); } catch { wrong.push(name + ' ' + key + '=' + value); continue; }
                const tel = name === 'a' && to.protocol === 'tel:' && !value.includes(mark);
                if (to.origin !== own && !tel) wrong.push(name + ' ' + key + '=' + value);
                if (value.includes(mark)) wrong.push(name + ' ' + key + '=' + value);
            } else if (value.includes(mark) && !words.has(key)) {
                wrong.push(name + ' ' + key + '=' + value);
            }
        }
        if (name === 'script' && !element.src) wrong.push('an inline script');
    }
    const values = [...document.querySelectorAll('input, textarea, option')].map((field) => field.value);
    const all = [...document.querySelectorAll('a[href]')];
    // What is saved to a file is not a page.
    const to = (kept) => all.filter((link) => link.hasAttribute('download') === kept).map((link) => link.getAttribute('href'));
    const [links, files] = [to(false), to(true)];
    return {
        heard: window.heard ?? ['this page was not watched'],
        wrong,
        links,
        files,
        text: [document.documentElement.textContent, ...values].join('\\n'),
        address: location.href,
    };";

/// What a look at a page found.
#[derive(Debug, Deserialize)]
struct Look {
    heard: Vec<String>,
    wrong: Vec<String>,
    links: Vec<String>,
    files: Vec<String>,
    text: String,
    address: String,
}

/// A page that was judged to be harmless.
#[derive(Debug)]
pub struct Seen {
    /// Where its links to other pages lead, as they are written.
    pub links: Vec<String>,
    /// What it offers to save, as it is written.
    pub files: Vec<String>,
}

/// Judges pages, and remembers which strings each kind of page has shown, and how often.
pub struct Judge<'a> {
    strings: &'a [Hostile],
    by_mark: HashMap<&'a str, usize>,
    shown: BTreeMap<String, Vec<usize>>,
    pages: usize,
}

impl<'a> Judge<'a> {
    /// A judge who knows these strings.
    #[must_use]
    pub fn new(strings: &'a [Hostile]) -> Self {
        let by_mark = strings.iter().enumerate().map(|(at, one)| (one.mark.as_str(), at)).collect();
        Self { strings, by_mark, shown: BTreeMap::new(), pages: 0 }
    }

    /// Lets a browser write down what happens in its pages from now on.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn watch(&self, browser: &Browser) -> Result<()> {
        browser.cdp("Page.enable", json!({})).await?;
        browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await.map(drop)
    }

    /// Opens an address and judges what it shows. `kind` names the page for the count of what was shown where.
    ///
    /// # Errors
    /// When the page did anything that a hostile string asked for.
    pub async fn open(&mut self, browser: &Browser, url: &str, kind: &str) -> Result<Seen> {
        browser.goto(url).await?;
        self.look(browser, url, kind).await
    }

    /// Judges the page that is open, which must still be the one at `url`.
    ///
    /// # Errors
    /// As for [`Judge::open`].
    pub async fn look(&mut self, browser: &Browser, url: &str, kind: &str) -> Result<Seen> {
        let look = browser.driver.execute(LOOK, vec![json!(MARK)]).await.context("the page is gone")?;
        let look: Look = look.convert()?;
        let bare = |url: &str| url.split('#').next().unwrap_or_default().to_owned();
        // The front page leads to the first page of the reader's role.
        let is_front = url.split('/').nth(3).is_some_and(str::is_empty);
        ensure!(is_front || bare(&look.address) == bare(url), "{url} went on to {}", look.address);
        ensure!(look.heard.is_empty(), "{url} ran or tried to run something: {:?}", look.heard);
        ensure!(look.wrong.is_empty(), "{url} has markup that nobody wrote for it: {:?}", look.wrong);
        self.note(kind, &look.text);
        self.pages += 1;
        Ok(Seen { links: look.links, files: look.files })
    }

    /// What a page offers to save must never be shown as a page, whatever words are in it.
    ///
    /// # Errors
    /// When it would be shown.
    pub async fn only_saves(&self, browser: &Browser, file: &str) -> Result<()> {
        let ask = "
            const [file, done] = arguments;
            fetch(file).then((answer) => done([answer.status, answer.headers.get('Content-Disposition') ?? '']));";
        let answer = browser.driver.execute_async(ask, vec![json!(file)]).await?;
        let (status, disposition): (u16, String) = answer.convert()?;
        ensure!(status == 200 && disposition.starts_with("attachment"), "{file}: {status}, {disposition:?}");
        Ok(())
    }

    /// Counts the strings that stand in a page's text exactly as they were written.
    fn note(&mut self, kind: &str, text: &str) {
        let counts = self.shown.entry(kind.to_owned()).or_insert_with(|| vec![0; self.strings.len()]);
        for (at, _) in text.match_indices(MARK) {
            let Some(mark) = text.get(at..at + MARK.len() + 3) else { continue };
            let Some(&number) = self.by_mark.get(mark) else { continue };
            let whole = self.strings[number].text.as_str();
            let before = whole.find(mark).unwrap_or_default();
            if at
                .checked_sub(before)
                .and_then(|from| text.get(from..))
                .is_some_and(|rest| rest.starts_with(whole))
            {
                counts[number] += 1;
            }
        }
    }

    /// How many pages were judged.
    #[must_use]
    pub const fn pages(&self) -> usize {
        self.pages
    }

    /// How many strings each kind of page has shown, by kind.
    #[must_use]
    pub fn shown(&self) -> BTreeMap<&str, usize> {
        let seen = |counts: &Vec<usize>| counts.iter().filter(|count| **count > 0).count();
        self.shown.iter().map(|(kind, counts)| (kind.as_str(), seen(counts))).collect()
    }

    /// The strings of `of` that this kind of page has shown fewer than `times` times.
    #[must_use]
    pub fn missing(&self, kind: &str, times: usize, of: impl Fn(&Hostile) -> bool) -> BTreeSet<&'a str> {
        let counts = self.shown.get(kind);
        let seen = |at: usize| counts.and_then(|counts| counts.get(at)).copied().unwrap_or_default();
        self.strings
            .iter()
            .enumerate()
            .filter(|(at, one)| of(one) && seen(*at) < times)
            .map(|(_, one)| one.text.as_str())
            .collect()
    }
}
