//! The daily test on the device: made-up addresses and a made-up sentence (`lapwing_core::canary`) go through the very
//! functions that decide a navigation and read typed text, under the policy and the lists in force. Nothing of it is recorded,
//! remembered or told to anybody; the relay hears at the next check-in what came out. The one request that is really made, to
//! see the blocking listener stop it, is JavaScript's.

use crate::analyser::Analyser;
use crate::policy::Standing;
use lapwing_core::canary::{HOST, PACK_HOST, SENTENCE, UNLAWFUL_HOST};
use lapwing_core::school::Ruling;
use lapwing_core::wire::{Canary, CanaryLayer, CanaryResult, limit};
use lapwing_core::{
    Action, Audience, Category, Engine, Frame, ListsError, ManagedPolicy, Memory, Severity, Surface, Typed,
};
use serde::{Deserialize, Serialize};

/// What the extension's storage keeps of the last test.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// When the next is due, by this device's clock, milliseconds since 1970.
    due_at: i64,
    /// With which extension, lists and policy the last was made.
    under: String,
}

/// A search without its safe mode.
const SEARCH: &str = "https://www.google.com/search?q=lapwing";

/// A day of 25 hours, and then some: a test that is due later than this was put off by a clock that was set back.
const LONGEST: i64 = 26 * 60 * 60 * 1_000;

impl Kept {
    /// What is to be kept when the relay wants the next test in `due_in` milliseconds.
    #[must_use]
    pub const fn told(due_in: i64, under: String, now: i64) -> Self {
        Self { due_at: now.saturating_add(due_in), under }
    }

    /// Whether a test is due: the day is over, the last one failed, or something else is in force than it was made with.
    #[must_use]
    pub fn is_due(&self, under: &str, now: i64) -> bool {
        self.under != under || !(1..LONGEST).contains(&self.due_at.saturating_sub(now))
    }
}

/// The address of the request that the blocking listener is to stop; `token` is a UUID, so that no page can know it.
#[must_use]
pub fn request(token: &str) -> String {
    format!("https://{UNLAWFUL_HOST}/{token}")
}

impl Analyser {
    /// What a test says something about: another extension, other lists or another policy want another test.
    #[must_use]
    pub fn canary_under(&self, extension_version: &str) -> String {
        let engine = self.engine.as_ref();
        let (lists, policy) = engine.map_or_else(Default::default, |engine| {
            (engine.lists_version().to_owned(), engine.policy().version())
        });
        let phrases = if self.reads { "" } else { " without phrases" };
        format!("{extension_version} {lists} {policy}{phrases}")
    }

    /// Runs the test; nothing while the extension does not watch. `listened` says whether the blocking listener stopped the
    /// request of [`request`].
    ///
    /// # Errors
    /// When the lists that are built in cannot be used.
    pub fn canary(&mut self, listened: bool, now: i64) -> Result<Option<Canary>, ListsError> {
        let Standing::Watching(managed, _) = &self.standing else { return Ok(None) };
        let group = group(managed);
        let mut results = vec![self.address(CanaryLayer::BuiltIn, HOST, now)?];
        if self.has_pack() {
            results.push(self.address(CanaryLayer::Published, PACK_HOST, now)?);
        }
        let mut unlawful = self.address(CanaryLayer::Unlawful, UNLAWFUL_HOST, now)?;
        if unlawful.held && !self.is_unlawful(&format!("https://{UNLAWFUL_HOST}/"), now)? {
            unlawful = failed(CanaryLayer::Unlawful, "what a page fetches of it is not stopped");
        }
        results.push(unlawful);
        results.push(if listened {
            held(CanaryLayer::Listener)
        } else {
            failed(CanaryLayer::Listener, "the browser did not let Lapwing stop a request")
        });
        results.extend(self.engine.as_ref().map(sentence));
        let safe_search = self.engine.as_ref().is_some_and(|engine| engine.safe_search(SEARCH).is_some());
        Ok(Some(Canary { ran_at: now, group, safe_search, results }))
    }

    /// Asks as a navigation does.
    fn address(&mut self, layer: CanaryLayer, host: &str, now: i64) -> Result<CanaryResult, ListsError> {
        let url = format!("https://{host}/");
        let answer = self.decide(&url, true, now)?;
        if answer.is_some_and(|answer| answer.action == Action::Block && answer.page.is_some()) {
            return Ok(held(layer));
        }
        let decision = self.decision(&url, Frame::Main, now)?;
        Ok(failed(layer, opened_by(decision.ruling.as_ref())))
    }
}

/// Reads the sentence as typed text is read, and asks whether a grave finding in its place would be told.
fn sentence(engine: &Engine) -> CanaryResult {
    let layer = CanaryLayer::Text;
    let url = format!("https://{HOST}/");
    if engine.never_reads_url(&url) {
        return failed(layer, "nothing is read there: never_read_sites holds the test’s address");
    }
    let typed = Typed { text: SENTENCE, surface: Surface::Chat, url: &url };
    let found = engine.check_conversation(&typed, &mut Memory::default(), 0);
    let Some(mut found) = found.into_iter().find(|found| found.category == Category::Canary) else {
        return failed(layer, "the sentence was not found");
    };
    found.category = Category::Suicide;
    found.severity = Severity::Critical;
    if engine.weigh(&[found]).alert {
        held(layer)
    } else {
        failed(layer, "a critical finding would be told to nobody")
    }
}

const fn opened_by(ruling: Option<&Ruling>) -> &'static str {
    match ruling {
        Some(Ruling::NeverRead) => "never_read_sites in device management opens it",
        Some(Ruling::DeviceManagement) => "allowed_sites in device management opens it",
        Some(Ruling::Exception { .. }) => "an exception of the school’s policy opens it",
        _ => "the lists do not know it",
    }
}

const fn held(layer: CanaryLayer) -> CanaryResult {
    CanaryResult { layer, held: true, why: String::new() }
}

fn failed(layer: CanaryLayer, why: &str) -> CanaryResult {
    CanaryResult { layer, held: false, why: why.to_owned() }
}

/// Whose browser it is, as device management says.
fn group(managed: &ManagedPolicy) -> String {
    let audience = match managed.policy.audience {
        Audience::Year(0) => "Reception".to_owned(),
        Audience::Year(year) => format!("Year {year}"),
        Audience::Staff => "Staff".to_owned(),
        Audience::Unspecified => String::new(),
    };
    let parts = std::iter::once(audience).chain(managed.groups.iter().cloned());
    let joined = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    joined.chars().take(limit::LINE).collect()
}

#[cfg(test)]
#[path = "canary_tests.rs"]
mod tests;
