//! An answer of the relay to a browser, and what a test looks for in it.

use axum::http::StatusCode;

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) html: String,
}

impl Page {
    /// The value of the hidden or plain input called `name`.
    pub(crate) fn value(&self, name: &str) -> String {
        let at = self.html.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}"));
        let rest = &self.html[at..];
        let from = rest.find("value=\"").expect("a value") + 7;
        rest[from..].split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn has(&self, text: &str) -> &Self {
        assert!(self.html.contains(text), "“{text}” is missing from:\n{}", self.html);
        self
    }

    #[track_caller]
    pub(crate) fn lacks(&self, text: &str) -> &Self {
        assert!(!self.html.contains(text), "“{text}” must not be in:\n{}", self.html);
        self
    }
}
