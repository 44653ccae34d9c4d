//! The module asked directly: for the test that native code and WebAssembly give identical answers, and for measuring.
//!
//! The extension itself never uses it. It is part of the module that ships all the same, because only of that very module
//! is the answer worth knowing.

use lapwing_core::pack::{Pack, PackError, PublicKey};
use lapwing_core::scan::scan_line;
use lapwing_core::{
    Action, Audience, Engine, Frame, Lists, ListsError, Policy, Sites, Surface, Typed, Visit,
};
use std::sync::Arc;

/// One engine with the lists that are built in, under the default policy for a Year 9 pupil.
#[derive(Debug)]
pub struct Probe(Engine, Option<Arc<Sites>>);

impl Probe {
    /// Loads the lists that the extension carries, as a worker does when it wakes.
    ///
    /// # Errors
    /// When these are not they.
    pub fn new(carried: Vec<u8>) -> Result<Self, ListsError> {
        Engine::new(Lists::carried(carried)?, Policy::school_default(Audience::Year(9)))
            .map(|engine| Self(engine, None))
    }

    /// One line of JSON in, one out: [`scan_line`].
    #[must_use]
    pub fn scan(&self, line: &str) -> String {
        scan_line(&self.0, line).unwrap_or_else(|error| error.to_json()).to_string()
    }

    /// Takes in a pack's sites, once it is verified.
    ///
    /// # Errors
    /// When the pack is refused, and why.
    pub fn take_pack(self, pack: Vec<u8>, key: &PublicKey) -> Result<Self, PackError> {
        let sites = Arc::new(Sites::new(Pack::open(pack, key, 0)?)?);
        Ok(Self(self.0.with_sites(Arc::clone(&sites)), Some(sites)))
    }

    /// What the pack says of a host: one bit for each category, in the taxonomy's order.
    #[must_use]
    pub fn site(&self, host: &str) -> u32 {
        self.1.as_deref().map_or(0, |sites| sites.host(host).bits() as u32)
    }

    /// Whether an address is stopped, by all that a navigation is checked for.
    #[must_use]
    pub fn stops(&self, url: &str) -> bool {
        self.0.check_url(&Visit { url, frame: Frame::Main }).verdict.action > Action::Note
    }

    /// How much is found in a chat message.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        self.0.check_text(&Typed { text, surface: Surface::Chat, url: "" }).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_as_the_engine_does() {
        let probe = Probe::new(Lists::starter_bytes().to_vec()).unwrap();
        let answer = probe.scan(r#"{"id": 1, "text": "i want to die"}"#);
        assert!(answer.contains(r#""alert":true"#) && answer.contains("suicide"), "{answer}");
        assert!(probe.scan("{").contains("error"));
        assert_eq!(probe.count("see you at lunch"), 0);
        assert!(probe.count("i want to die") > 0);
    }
}
