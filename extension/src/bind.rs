//! What JavaScript sees: three objects and a few functions, with JSON text going in and out.
//!
//! Errors are JavaScript `Error`s whose name says what failed. Nothing is decided here.

use crate::analyser::Analyser;
use crate::bind_json::{failed, write};
use crate::lessons::Lessons;
use crate::outbox::{Entry, Outbox};
use crate::probe::Probe;
use crate::{receipt, relay, words};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, JsValue> {
    serde_json::from_str(json).map_err(|error| failed("MessageError", &error))
}

/// [`Analyser`] for JavaScript.
#[wasm_bindgen(js_name = Analyser)]
#[derive(Debug, Default)]
pub struct WasmAnalyser(Analyser);

impl WasmAnalyser {
    /// For what `bind_packs` adds.
    pub(crate) const fn inner(&mut self) -> &mut Analyser {
        &mut self.0
    }
}

#[wasm_bindgen(js_class = Analyser)]
impl WasmAnalyser {
    /// An analyser that knows nothing yet about its school.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// [`Analyser::settle`]: JSON of a [`Setup`](crate::policy::Setup) in, of a [`Change`](crate::told::Change) out.
    ///
    /// # Errors
    /// `ListsError` or `MessageError`.
    pub fn settle(&mut self, setup: &str) -> Result<String, JsValue> {
        write(&self.0.settle(read(setup)?).map_err(|error| failed("ListsError", &error))?)
    }

    /// [`Analyser::take_lists`].
    ///
    /// # Errors
    /// `ListsError`.
    pub fn take_lists(&mut self, carried: Vec<u8>) -> Result<(), JsValue> {
        self.0.take_lists(carried).map_err(|error| failed("ListsError", &error))
    }

    /// [`Analyser::announced`]: JSON of the lessons that the school has set. What cannot be read is no lesson.
    pub fn announced(&mut self, lessons: &str) {
        let lessons = serde_json::from_str(lessons).unwrap_or_default();
        self.0.announced(Lessons::read(&lessons));
    }

    /// [`School::restore`](crate::school::School::restore): JSON of what the extension's storage keeps, or `null`.
    pub fn school_kept(&mut self, kept: &str, account: &str) {
        let kept = serde_json::from_str(kept).unwrap_or_default();
        self.0.school().restore(kept, account);
    }

    /// [`School::hear`](crate::school::School::hear): JSON of the `policy` of what the school has set, or `null`, in; of
    /// what storage is to keep out.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn school_news(&mut self, news: &str, relay_url: &str) -> Result<String, JsValue> {
        write(self.0.school().hear(serde_json::from_str(news).ok(), relay_url))
    }

    /// [`Analyser::decide`]: JSON of a [`Judged`](crate::told::Judged), or an empty string when there is nothing to do.
    ///
    /// # Errors
    /// `ListsError`.
    pub fn decide(&mut self, url: &str, main: bool, now: f64) -> Result<String, JsValue> {
        match self.0.decide(url, main, millis(now)).map_err(|error| failed("ListsError", &error))? {
            Some(answer) => write(&answer),
            None => Ok(String::new()),
        }
    }

    /// [`Analyser::ask`].
    ///
    /// # Errors
    /// `ListsError`.
    pub fn ask(&mut self, url: &str, now: f64) -> Result<String, JsValue> {
        self.0.ask(url, millis(now)).map_err(|error| failed("ListsError", &error))
    }

    /// [`Analyser::opened`]: JSON of an [`Opened`](crate::told::Opened) in, of an answer out.
    ///
    /// # Errors
    /// `AnalyserError` or `MessageError`.
    pub fn opened(&mut self, opened: &str) -> Result<String, JsValue> {
        write(&self.0.opened(read(opened)?).map_err(|error| failed("AnalyserError", &error))?)
    }

    /// [`Analyser::heard`]: JSON of a [`Heard`](crate::told::Heard) in, of a
    /// [`Reading`](crate::told::Reading) out.
    ///
    /// # Errors
    /// `AnalyserError` or `MessageError`.
    pub fn heard(&mut self, heard: &str) -> Result<String, JsValue> {
        write(&self.0.heard(read(heard)?).map_err(|error| failed("AnalyserError", &error))?)
    }

    /// [`lapwing_core::Engine::is_search`].
    #[must_use]
    pub fn is_search(&self, url: &str) -> bool {
        lapwing_core::Engine::is_search(url)
    }

    /// [`Analyser::is_unlawful`].
    ///
    /// # Errors
    /// `ListsError`.
    pub fn is_unlawful(&mut self, url: &str, now: f64) -> Result<bool, JsValue> {
        self.0.is_unlawful(url, millis(now)).map_err(|error| failed("ListsError", &error))
    }

    /// [`Analyser::second_layer`]: JSON of [`Rules`](crate::second_layer::Rules), each as declarativeNetRequest takes it.
    ///
    /// # Errors
    /// `ListsError` or `MessageError`.
    pub fn second_layer(&mut self, block_page: &str, now: f64) -> Result<String, JsValue> {
        write(&self.0.second_layer(block_page, millis(now)).map_err(|error| failed("ListsError", &error))?)
    }

    /// [`Analyser::go_on`].
    pub fn go_on(&mut self, url: &str, now: f64) {
        self.0.go_on(url, millis(now));
    }

    /// [`Analyser::session`].
    ///
    /// # Errors
    /// `MessageError`.
    pub fn session(&self) -> Result<String, JsValue> {
        self.0.session().map_err(|error| failed("MessageError", &error))
    }

    /// [`Analyser::restore`].
    ///
    /// # Errors
    /// `MessageError`.
    pub fn restore(&mut self, json: &str) -> Result<(), JsValue> {
        self.0.restore(json).map_err(|error| failed("MessageError", &error))
    }
}

/// [`Outbox`] for JavaScript.
#[wasm_bindgen(js_name = Outbox)]
#[derive(Debug)]
pub struct WasmOutbox(Outbox);

#[derive(Serialize)]
struct Counts {
    waiting: usize,
    refused_alerts: usize,
    refused_words: usize,
}

#[wasm_bindgen(js_class = Outbox)]
impl WasmOutbox {
    /// [`Outbox::restore`], from JSON of the stored entries and of the stored pace (`{}` when there is none).
    ///
    /// # Errors
    /// `MessageError`.
    #[wasm_bindgen(constructor)]
    pub fn new(entries: &str, pace: &str) -> Result<Self, JsValue> {
        Ok(Self(Outbox::restore(read::<Vec<Entry>>(entries)?, read(pace)?)))
    }

    /// [`Outbox::add`]: JSON of an entry that is already stored in, of the ids to delete out.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn add(&mut self, entry: &str) -> Result<String, JsValue> {
        write(&self.0.add(read(entry)?))
    }

    /// [`Outbox::stands`]: JSON of a [`Stands`](crate::outbox::Stands).
    ///
    /// # Errors
    /// `MessageError`.
    pub fn stands(&self, id: &str) -> Result<String, JsValue> {
        write(&self.0.stands(id))
    }

    /// [`Outbox::next`]: JSON of a [`Step`](crate::outbox::Step).
    ///
    /// # Errors
    /// `MessageError`.
    pub fn next(&self, now: f64) -> Result<String, JsValue> {
        write(&self.0.next(millis(now)))
    }

    /// [`Outbox::answered`]: JSON of the ids that were sent and of an [`Answer`](crate::pace::Answer) in, of an
    /// [`Outcome`](crate::outbox::Outcome) out.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn answered(&mut self, sent: &str, answer: &str, now: f64, random: f64) -> Result<String, JsValue> {
        let sent: Vec<String> = read(sent)?;
        write(&self.0.answered(&sent, &read(answer)?, millis(now), random))
    }

    /// [`Outbox::enrolled`].
    pub fn enrolled(&mut self) {
        self.0.enrolled();
    }

    /// [`Outbox::hurry`].
    pub fn hurry(&mut self) {
        self.0.hurry();
    }

    /// JSON of the pace, to be stored.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn pace(&self) -> Result<String, JsValue> {
        write(self.0.pace())
    }

    /// JSON of `{waiting, refused_alerts, refused_words}`.
    ///
    /// # Errors
    /// `MessageError`.
    pub fn counts(&self) -> Result<String, JsValue> {
        let (refused_alerts, refused_words) = self.0.refused();
        write(&Counts { waiting: self.0.waiting(), refused_alerts, refused_words })
    }
}

/// [`Probe`] for JavaScript.
#[wasm_bindgen(js_name = Probe)]
#[derive(Debug)]
pub struct WasmProbe(Probe);

#[wasm_bindgen(js_class = Probe)]
impl WasmProbe {
    /// [`Probe::new`].
    ///
    /// # Errors
    /// `ListsError`.
    #[wasm_bindgen(constructor)]
    pub fn new(carried: Vec<u8>) -> Result<Self, JsValue> {
        Probe::new(carried).map(Self).map_err(|error| failed("ListsError", &error))
    }

    /// [`Probe::scan`].
    #[must_use]
    pub fn scan(&self, line: &str) -> String {
        self.0.scan(line)
    }

    /// [`Probe::count`].
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        self.0.count(text)
    }

    /// [`Probe::take_pack`]; the key is base64. A probe whose pack is refused is of no more use.
    ///
    /// # Errors
    /// `PackError`.
    pub fn take_pack(self, pack: Vec<u8>, key: &str) -> Result<Self, JsValue> {
        let key = key.parse().map_err(|error: String| failed("PackError", &error))?;
        self.0.take_pack(pack, &key).map(Self).map_err(|error| failed("PackError", &error))
    }

    /// [`Probe::site`].
    #[must_use]
    pub fn site(&self, host: &str) -> u32 {
        self.0.site(host)
    }

    /// [`Probe::stops`].
    #[must_use]
    pub fn stops(&self, url: &str) -> bool {
        self.0.stops(url)
    }
}

/// [`relay::request`].
///
/// # Errors
/// `RequestError`.
#[wasm_bindgen]
pub fn relay_request(kind: &str, json: &str) -> Result<String, JsValue> {
    write(&relay::request(kind, json).map_err(|error| failed("RequestError", &error))?)
}

/// [`relay::signing`]: JSON of a [`ToSign`](relay::ToSign) in, of a [`Signing`](relay::Signing) out.
///
/// # Errors
/// `MessageError`.
#[wasm_bindgen]
pub fn signing(request: &str) -> Result<String, JsValue> {
    write(&relay::signing(&read(request)?))
}

/// [`relay::derivation`]: JSON of a [`Granted`](relay::Granted) in, of a [`Derivation`](relay::Derivation) out.
///
/// # Errors
/// `MessageError`.
#[wasm_bindgen]
pub fn session_derivation(granted: &str) -> Result<String, JsValue> {
    write(&relay::derivation(&read(granted)?))
}

/// [`relay::session_due`]; `since` is not a number when there was none.
#[wasm_bindgen]
#[must_use]
pub fn session_due(since: f64, now: f64) -> bool {
    relay::session_due((!since.is_nan()).then(|| millis(since)), millis(now))
}

/// [`relay::signature_header`].
#[wasm_bindgen]
#[must_use]
pub fn signature_header(signature: &str) -> String {
    relay::signature_header(signature)
}

/// [`words::report`]: JSON of a [`Draft`](words::Draft) in, of an entry out.
///
/// # Errors
/// `WordsError`, with words for the pupil.
#[wasm_bindgen]
pub fn report_entry(draft: &str) -> Result<String, JsValue> {
    write(&words::report(draft).map_err(|error| failed("WordsError", &error))?)
}

/// [`words::reply`]: JSON of a [`Message`](words::Message) in, of an entry out.
///
/// # Errors
/// `WordsError`, with words for the pupil.
#[wasm_bindgen]
pub fn reply_entry(message: &str) -> Result<String, JsValue> {
    write(&words::reply(message).map_err(|error| failed("WordsError", &error))?)
}

/// [`receipt::code`].
///
/// # Errors
/// `ReceiptError`.
#[wasm_bindgen]
pub fn receipt_code(random: &[u8]) -> Result<String, JsValue> {
    receipt::code(random).map_err(|error| failed("ReceiptError", &error))
}

/// [`receipt::shown`].
#[wasm_bindgen]
#[must_use]
pub fn receipt_shown(code: &str) -> String {
    receipt::shown(code)
}

/// [`receipt::read`].
///
/// # Errors
/// `ReceiptError`, with words for the pupil.
#[wasm_bindgen]
pub fn receipt_read(text: &str) -> Result<String, JsValue> {
    receipt::read(text).map_err(|error| failed("ReceiptError", &error))
}

/// JavaScript counts milliseconds in a double; whole numbers of them are exact for 285,000 years.
#[expect(clippy::cast_possible_truncation, reason = "see above; a cast of NaN is 0")]
pub(crate) fn millis(now: f64) -> i64 {
    now as i64
}
