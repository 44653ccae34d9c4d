//! What devices and relays say to each other, versioned.
//!
//! Both ends compile these types, so a field cannot be spelled two ways. Every limit that the relay enforces stands
//! here too, so that a device never sends what will be refused. How a request is signed is in `signature`, with
//! which key in `session`. Nothing here decides anything: that is `engine` and `policy`.

mod access;
mod alert;
mod canary;
mod device;
mod lesson;
mod lists;
mod report;
mod session;
mod shadow;
mod signature;

pub use access::{AccessReceipt, AccessRequest, AccessState, Answered, PolicyNews};
pub use alert::{Alert, AlertBatch, BatchReceipt, Excerpt, Reason, Refusal, SourceKind};
pub use canary::{Canary, CanaryLayer, CanaryResult, CanaryWanted};
pub use device::{CheckIn, DeviceState, Enrolled, Enrolment, SchoolConfig, TrustedAdult};
pub use lesson::Lesson;
pub use lists::{ListsOffer, ListsState, PackOffer};
pub use report::{
    About, Identity, Report, ReportReceipt, Thread, ThreadMessage, ThreadQuery, ThreadReply, Voice,
};
pub use session::{SESSION_END, SESSION_RENEW, SESSION_SALT, SessionGrant, session_info};
pub use shadow::{ShadowOffer, ShadowSeen, ShadowSite};
pub use signature::{SignatureError, SignatureInput, content_digest, signature_base};

/// Version of this protocol; part of every path (`/api/v1/…`).
pub const VERSION: u32 = 1;

/// Paths of the device API, in one place for both ends.
pub mod path {
    /// Exchange an enrolment key for a device identity. Not signed: there is no device yet.
    pub const ENROL: &str = "/api/v1/enrol";
    /// Say that the device is alive; receive what the school has set.
    pub const CHECK_IN: &str = "/api/v1/check-in";
    /// Deliver alerts.
    pub const ALERTS: &str = "/api/v1/alerts";
    /// Deliver one pupil's report.
    pub const REPORTS: &str = "/api/v1/reports";
    /// Read the replies to a report by its receipt code.
    pub const THREAD: &str = "/api/v1/thread";
    /// Ask that a blocked site be opened for school work.
    pub const ACCESS: &str = "/api/v1/access-requests";
    /// Add a message to a report by its receipt code.
    pub const THREAD_REPLY: &str = "/api/v1/thread/reply";
    /// Fetch a pack of lists, or a part of it; its digest in place of `{digest}`. Not signed: who knows the digest may have it.
    pub const LISTS: &str = "/api/v1/lists/{digest}";
}

/// Limits that both ends keep. Sizes of texts are counted in characters (Unicode scalar values).
pub mod limit {
    /// Alerts in one batch.
    pub const BATCH: usize = 50;
    /// Bytes of one request's body.
    pub const BODY: usize = 512 * 1024;
    /// Characters of an address.
    pub const URL: usize = 2_000;
    /// Characters of an excerpt.
    pub const EXCERPT: usize = 600;
    /// Characters of a reason, a label or a name.
    pub const LINE: usize = 300;
    /// Characters of what a pupil writes in a report or a message.
    pub const STORY: usize = 10_000;
    /// Findings named in one alert.
    pub const REASONS: usize = 12;
    /// Milliseconds that a lesson may last from when it is announced: 24 hours. A device does not follow a longer one.
    pub const LESSON: i64 = 24 * 60 * 60 * 1_000;
    /// Requests for sites that one device may make in an hour.
    pub const ASKED: i64 = 6;
    /// Bytes of a pack of lists.
    pub const PACK: u64 = 256 * 1024 * 1024;
    /// Bytes of the pack of a trial: some 400,000 names.
    pub const SHADOW_PACK: u64 = 2 * 1024 * 1024;
    /// Sites of a trial in one check-in.
    pub const SHADOW_SITES: usize = 200;
    /// Visits to one site of a trial in one check-in.
    pub const SHADOW_VISITS: u32 = 1_000;
    /// Lessons of one school that may be announced at the same time.
    pub const LESSONS: usize = 50;
}
