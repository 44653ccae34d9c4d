//! What the browser tells the analyser, and what the analyser answers: the shapes that cross to JavaScript as JSON. What comes of
//! them is decided in `analyser`.

use crate::alert::Stamp;
use crate::outbox::Entry;
use crate::page::Page;
use crate::policy::Status;
use lapwing_core::Action;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the browser told about an address.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Opened {
    /// As the browser gives it.
    pub url: String,
    /// Whether it opens in the tab itself.
    pub main: bool,
    /// The tab.
    pub tab: i64,
    /// For the alert.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What the browser told about typed text.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Heard {
    /// As typed.
    pub text: String,
    /// What the page says about the field.
    #[serde(default)]
    pub hint: String,
    /// The address of the frame; may be one without a host (`about:blank`).
    pub url: String,
    /// The origin of the frame as the browser tells it; `null` where it has none. A frame without an address
    /// (`about:blank`) has that of whoever made it.
    #[serde(default)]
    pub origin: String,
    /// The address of the tab.
    #[serde(default)]
    pub top: String,
    /// The tab.
    pub tab: i64,
    /// Names the field among all fields of the browser.
    pub field: String,
    /// For the alert.
    #[serde(flatten)]
    pub stamp: Stamp,
}

impl Heard {
    /// Where it was typed: the frame's own address, or the tab's where a frame that has none belongs to the tab's page, or else
    /// the origin of whoever made it.
    #[must_use]
    pub fn address(&self) -> &str {
        let origin = |address: &str| {
            let parsed = url::Url::parse(address).ok()?;
            let says_where = matches!(parsed.scheme(), "http" | "https") && parsed.has_host();
            says_where.then(|| parsed.origin())
        };
        if origin(&self.url).is_some() {
            return &self.url;
        }
        let made_by = origin(&self.origin);
        if made_by.is_some() && made_by != origin(&self.top) { &self.origin } else { &self.top }
    }
}

/// What is to happen with an address that is about to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Allow or note: it opens. Otherwise the page says why not.
    pub action: Action,
    /// For the block page or the support page.
    pub page: Option<Page>,
    /// Where it is to go instead: to the same search in its engine's safe mode. It is judged there.
    pub go_to: Option<String>,
}

/// What came of an address that was opened or stopped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Allow or note: it opens. Otherwise the page says why not.
    pub action: Action,
    /// For the block page or the support page.
    pub page: Option<Page>,
    /// For the outbox.
    pub entry: Option<Entry>,
}

/// What came of typed text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// `false` when nothing on this page may be read: the content script sends nothing more from this address.
    pub read: bool,
    /// Whether that is because of the page around the frame, which may show another address later.
    pub around: bool,
    /// For the outbox.
    pub entry: Option<Entry>,
}

impl Reading {
    /// It was read, and this is to be told.
    pub(crate) const fn of(entry: Option<Entry>) -> Self {
        Self { read: true, around: false, entry }
    }
}

/// What settling changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Where the extension stands now.
    pub status: Status,
    /// To be kept for the next start.
    pub keep: Option<Value>,
    /// To be kept beside it.
    pub empty_since: Option<i64>,
    /// Whether another policy decides than before: open tabs are checked again.
    pub changed: bool,
}
