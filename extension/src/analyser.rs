//! The analyser: one engine, one standing, and the memory of the last minutes, behind three questions.
//!
//! *May this address be opened?* is answered at once, from whatever is known, since a blocking listener cannot wait.
//! *This address was opened* and *this was typed* are told when everything is known, and may make an alert. Nothing
//! here touches the browser or the network.

use crate::alert;
use crate::first::{frame, judged};
use crate::lessons::Lessons;
use crate::memory::{Memory, Place, Sighting, new_findings};
use crate::outbox::Entry;
use crate::page::{Page, is_askable};
use crate::passes::Passes;
use crate::policy::{Setup, Standing, Status, settle};
use crate::school::School;
use crate::sites::Packed;
use crate::talks::Talks;
use crate::told::{Answer, Change, Heard, Judged, Opened, Reading};
use lapwing_core::pack::{Pack, PackError};
use lapwing_core::{
    Action, Audience, Decision, Engine, Finding, Frame, Lists, ListsError, Policy, Surface, Typed, Visit,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What outlives the worker but not the browser.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Session {
    memory: Memory,
    passes: Passes,
    talks: Talks,
}

/// See the module.
#[derive(Debug)]
pub struct Analyser {
    /// Made when it is first asked, of the lists that decide about addresses; made anew when the phrases are there.
    pub(crate) engine: Option<Engine>,
    /// Whether words are read, which they are not before the phrases are there.
    pub(crate) reads: bool,
    packed: Packed,
    pub(crate) standing: Standing,
    lessons: Lessons,
    school: School,
    session: Session,
}

impl Default for Analyser {
    fn default() -> Self {
        Self {
            engine: None,
            reads: false,
            packed: Packed::default(),
            standing: Standing::Starting,
            lessons: Lessons::default(),
            school: School::default(),
            session: Session::default(),
        }
    }
}

impl Analyser {
    /// One that has its phrases, as a worker has some moments after its start.
    #[cfg(test)]
    pub(crate) fn with_phrases() -> Self {
        let mut analyser = Self::default();
        analyser.take_lists(Lists::starter_bytes().to_vec()).expect("the lists that are carried");
        analyser
    }

    /// Takes in what the browser knows about how Lapwing is installed and set up.
    ///
    /// # Errors
    /// When the lists that are built in cannot be used; nothing is watched then.
    pub fn settle(&mut self, setup: Setup) -> Result<Change, ListsError> {
        let now = setup.now;
        let settled = settle(setup);
        let changed = settled.standing != self.standing;
        if changed {
            self.standing = settled.standing;
            self.school.forget_compiled();
            let policy = self.managed();
            if let Some(engine) = &mut self.engine {
                engine.govern(policy);
            }
        }
        self.ensure_engine_at(now)?;
        let lists_version = self.engine.as_ref().map_or("", Engine::lists_version);
        let mut status = Status::of(&self.standing, lists_version);
        if let (Standing::Watching(..), Some(engine)) = (&self.standing, &self.engine) {
            status.policy_version = engine.policy().version();
            status.in_force = self.school.in_force();
            status.problems.extend(self.school.problems().iter().cloned());
        }
        Ok(Change { status, keep: settled.keep, empty_since: settled.empty_since, changed })
    }

    /// Takes in the lists with their phrases, from the file that the extension carries: words are read from the next question
    /// on. Addresses are judged before, because a blocking listener cannot wait for a file.
    ///
    /// # Errors
    /// When it is not that file; addresses are judged as before then, and no words.
    pub fn take_lists(&mut self, carried: Vec<u8>) -> Result<(), ListsError> {
        let engine = Engine::new(Lists::carried(carried)?, self.managed())?;
        self.school.forget_compiled();
        self.engine = Some(self.packed.joined(engine));
        self.reads = true;
        Ok(())
    }

    /// Puts a verified pack of lists in force, from the next question on.
    ///
    /// # Errors
    /// When it is a change of another pack than the one in force, or cannot be used; nothing has changed then.
    pub fn take_pack(&mut self, pack: Pack) -> Result<(), PackError> {
        let engine = self.engine.take().map(Engine::without_sites);
        let taken = self.packed.take(pack);
        self.engine = engine.map(|engine| self.packed.joined(engine));
        taken
    }

    /// The lists that are built in decide alone again.
    pub fn drop_packs(&mut self) {
        self.packed.drop_all();
        self.engine = self.engine.take().map(Engine::without_sites);
    }

    /// Whether a pack of published lists decides too.
    pub(crate) const fn has_pack(&self) -> bool {
        self.packed.is_some()
    }

    /// Takes in the lessons that staff have announced, in place of those that were known before.
    pub fn announced(&mut self, lessons: Lessons) {
        self.lessons = lessons;
    }

    /// The school's policy as staff set it on the relay; what it changes holds from the next question on.
    pub fn school(&mut self) -> &mut School {
        &mut self.school
    }

    /// Whether an address may be opened, from what is known now: `None` when it may, and nothing else is due.
    ///
    /// While starting, the lists decide under the default policy. What that stops is held: the page that is shown
    /// instead asks again, and lets through what the school's own policy allows.
    ///
    /// # Errors
    /// When the lists that are built in cannot be used.
    pub fn decide(&mut self, url: &str, main: bool, now: i64) -> Result<Option<Judged>, ListsError> {
        if !matches!(self.standing, Standing::Starting | Standing::Watching(..)) {
            return Ok(None);
        }
        let decision = self.decision(url, frame(main), now)?;
        let safe_search = || self.engine.as_ref().and_then(|engine| engine.safe_search(url));
        Ok(judged(&decision, url, self.school_name(), safe_search))
    }

    /// The site that staff would have to open for this address, which is stopped, where a pupil may ask for it for school work: a
    /// host, with a path where only a part of a site is meant. Else empty. The stopped page asks: the address has been answered
    /// by then, and each try is a decision of its own.
    ///
    /// # Errors
    /// When the lists that are built in cannot be used.
    pub fn ask(&mut self, url: &str, now: i64) -> Result<String, ListsError> {
        if !matches!(self.standing, Standing::Watching(..)) {
            return Ok(String::new());
        }
        let is_askable = is_askable(&self.decision(url, Frame::Main, now)?);
        let site = self.engine.as_ref().filter(|_| is_askable).and_then(|engine| engine.opening(url));
        Ok(site.map(|site| site.to_string()).unwrap_or_default())
    }

    /// An address was opened or stopped: the answer under the policy in force, and the alert if one is due.
    ///
    /// # Errors
    /// When the lists that are built in cannot be used, or the alert cannot be written.
    pub fn opened(&mut self, opened: Opened) -> Result<Answer, AnalyserError> {
        let nothing = Answer { action: Action::Allow, page: None, entry: None };
        if !matches!(self.standing, Standing::Watching(..)) {
            return Ok(nothing);
        }
        let frame = frame(opened.main);
        let Opened { url, tab, stamp, .. } = opened;
        let mut decision = self.decision(&url, frame, stamp.now)?;
        let page = Page::of(&decision, &url, self.school_name());
        let action = decision.verdict.action;
        let mut entry = None;
        if decision.verdict.alert && self.keep_new(&mut decision, frame, tab, stamp.now)? {
            let alert = self
                .engine
                .as_ref()
                .and_then(|engine| alert::for_visit(engine, &decision, &url, frame, stamp));
            entry = alert.as_ref().map(Entry::alert).transpose()?;
        }
        Ok(Answer { action, page, entry })
    }

    /// Something was typed: the alert if one is due.
    ///
    /// # Errors
    /// When the lists that are built in cannot be used or their phrases are not there, or the alert cannot be written.
    pub fn heard(&mut self, heard: Heard) -> Result<Reading, AnalyserError> {
        if !matches!(self.standing, Standing::Watching(..)) {
            return Ok(Reading::of(None));
        }
        if !self.reads {
            return Err(AnalyserError::NoPhrases);
        }
        self.ensure_engine_at(heard.stamp.now)?;
        let Some(engine) = &self.engine else { return Ok(Reading::of(None)) };
        // A bank's frame in a shop, and a shop's frame in a bank: either is reason enough not to read. The frame that a bank's
        // frame makes by script has no address, only the bank's origin.
        let own = engine.never_reads_url(&heard.url) || engine.never_reads_url(&heard.origin);
        if own || engine.never_reads_url(&heard.top) {
            return Ok(Reading { read: false, around: !own, entry: None });
        }
        let url = &heard.address().to_owned();
        let surface = engine.surface_of(url, &heard.hint);
        let typed = Typed { text: &heard.text, surface, url };
        let now = heard.stamp.now;
        // A search is not a talk: what is typed next into the box is another one.
        let (place, findings) = match surface {
            Surface::Search => (Place::SearchBox(heard.tab), engine.check_text(&typed)),
            _ => {
                let talk = self.session.talks.of(&heard.field, now);
                (Place::Field(&heard.field), engine.check_conversation(&typed, talk, now))
            }
        };
        let findings: Vec<_> = findings.into_iter().filter(|found| found.category.is_real()).collect();
        // What nobody is told of is not remembered: it must not silence the same words once they are to be told, such as when
        // the school day begins.
        let tells = |finding: &Finding| alert::tells(engine, finding.severity, finding.stage);
        if !findings.iter().any(tells) {
            return Ok(Reading::of(None));
        }
        let new = new_findings(&mut self.session.memory, place, findings, now);
        if !new.iter().any(tells) {
            return Ok(Reading::of(None));
        }
        let alert = alert::for_text(engine, &new, surface, url, heard.stamp);
        Ok(Reading::of(alert.as_ref().map(Entry::alert).transpose()?))
    }

    /// The pupil was warned and went on: the host is open to them for a while.
    pub fn go_on(&mut self, url: &str, now: i64) {
        self.session.passes.grant(url, now);
    }

    /// What must outlive the worker, as JSON for session storage.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn session(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&self.session)
    }

    /// Takes up what [`session`](Self::session) gave to an earlier worker.
    ///
    /// # Errors
    /// When it is not that; the memory then starts empty.
    pub fn restore(&mut self, json: &str) -> Result<(), serde_json::Error> {
        self.session = serde_json::from_str(json)?;
        Ok(())
    }

    /// Leaves in a decision only what has not just been told, and says whether a person should be told of the rest.
    fn keep_new(
        &mut self,
        decision: &mut Decision,
        frame: Frame,
        tab: i64,
        now: i64,
    ) -> Result<bool, ListsError> {
        self.ensure_engine()?;
        let Some(engine) = &self.engine else { return Ok(false) };
        let memory = &mut self.session.memory;
        let mut tells = false;
        if let Some(site) = &decision.site {
            let verdict = engine.policy().weigh_site(&site.categories, frame);
            let sighting =
                Sighting { rule: &site.rule, severity: verdict.severity, stage: None, sentence: "" };
            if verdict.alert {
                tells = memory.admit(Place::Visit, &[sighting], now).contains(&true);
                if !tells {
                    decision.site = None;
                }
            }
        }
        let findings = std::mem::take(&mut decision.findings);
        decision.findings = new_findings(memory, Place::Searched(tab), findings, now);
        Ok(tells || decision.findings.iter().any(|found| alert::tells(engine, found.severity, found.stage)))
    }

    pub(crate) fn decision(&mut self, url: &str, frame: Frame, now: i64) -> Result<Decision, ListsError> {
        self.ensure_engine_at(now)?;
        let checked = self.engine.as_ref().map(|engine| engine.check_url(&Visit { url, frame }));
        let mut decision = checked.unwrap_or_else(Decision::allow);
        if decision.verdict.action == Action::Warn && self.session.passes.allows(url, now) {
            decision.verdict.action = Action::Note;
        }
        Ok(decision)
    }

    fn school_name(&self) -> &str {
        match &self.standing {
            Standing::Watching(managed, _) => &managed.school_name,
            _ => "",
        }
    }

    /// The engine as it is to read at this moment: it follows the school's policy for this moment, knows the lessons that hold now,
    /// and has forgotten those that are over.
    pub(crate) fn ensure_engine_at(&mut self, now: i64) -> Result<(), ListsError> {
        self.ensure_engine()?;
        let topics = match &self.standing {
            Standing::Watching(managed, _) => self.lessons.topics(managed.policy.audience, now),
            _ => BTreeSet::new(),
        };
        if let Some(engine) = &mut self.engine {
            if let Standing::Watching(managed, _) = &self.standing
                && let Some(policy) = self.school.due(managed, now)
            {
                engine.follow(policy);
            }
            engine.announce_lesson(topics);
        }
        Ok(())
    }

    fn ensure_engine(&mut self) -> Result<(), ListsError> {
        if self.engine.is_none() {
            self.school.forget_compiled();
            self.engine = Some(self.packed.joined(Engine::new(Lists::first()?, self.managed())?));
        }
        Ok(())
    }

    fn managed(&self) -> Policy {
        match &self.standing {
            Standing::Watching(managed, _) => managed.policy.clone(),
            _ => Policy::school_default(Audience::Unspecified),
        }
    }
}

/// Why the analyser has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnalyserError {
    /// The lists that are built in cannot be used.
    #[error(transparent)]
    Lists(#[from] ListsError),
    /// The file of phrases has not been taken in.
    #[error("the phrases that words are checked for are not there yet, or could not be read")]
    NoPhrases,
    /// An alert could not be written.
    #[error("the alert could not be written: {0}")]
    Write(#[from] serde_json::Error),
}

#[cfg(test)]
#[path = "analyser_tests.rs"]
mod tests;
