//! What a concern is made from: nothing, an episode of alerts, or a pupil's report. It decides who may do so and what the
//! form already knows. The evidence itself is not copied: the concern points to it.

use super::super::words::{line, theme};
use super::super::{trail, when};
use super::draft::Draft;
use crate::app::App;
use crate::auth::Account;
use crate::db::alerts::{self, StoredAlert};
use crate::db::episodes::{self, Episode};
use crate::db::reports::{self, Name, Report};
use crate::error::Error;
use crate::live::Change;
use crate::seal::Lost;
use crate::walls::{Access, Object, Viewer};
use serde_json::json;

/// Device and relay agree on the time when they are no further apart.
const SAME_TIME: u64 = 10 * 60 * 1000;

/// What a concern is made from.
#[derive(Debug)]
pub(super) enum Origin {
    /// What somebody saw or heard.
    Nothing,
    /// Alerts.
    Episode(Box<Episode>, Vec<StoredAlert>),
    /// A pupil's report.
    Report(Box<Report>),
}

impl Origin {
    /// Loads what the draft names, if `me` may make a concern from it: whoever decides about it may.
    pub(super) async fn load(app: &App, me: &Account, draft: &Draft) -> Result<Self, Error> {
        if draft.episode.is_empty() && draft.report.is_empty() {
            return Ok(Self::Nothing);
        }
        let vault = app.vault(&me.school_id).await?;
        let mut db = app.db.read().acquire().await?;
        let viewer = Viewer::of(app, &mut db, me).await?;
        if !draft.episode.is_empty() {
            viewer.must(&mut db, Object::Episode(&draft.episode), Access::Work).await?;
            let episode = episodes::find(&mut *db, &vault, &draft.episode).await?.ok_or(Error::NotFound)?;
            let alerts = alerts::of_episode(&mut db, &vault, &episode.id).await?;
            return Ok(Self::Episode(Box::new(episode), alerts));
        }
        viewer.must(&mut db, Object::Report(&draft.report), Access::Work).await?;
        let report = reports::find(&mut *db, &vault, &draft.report).await?.ok_or(Error::NotFound)?;
        Ok(Self::Report(Box::new(report)))
    }

    /// Notes that `me` reads what the form will hold of it, as its own page does: a report has been opened by then.
    pub(super) async fn note(&self, app: &App, me: &Account) -> Result<(), Error> {
        if matches!(self, Self::Nothing) {
            return Ok(());
        }
        let mut tx = app.db.begin().await?;
        let first = match self {
            Self::Nothing => false,
            Self::Episode(episode, _) => {
                let detail = json!({ "for": "concern" });
                trail::note(&mut tx, app, me, "view", ("episode", &episode.id), detail).await?;
                false
            }
            Self::Report(report) => {
                let (school, id) = (me.school_id.as_str(), report.id.as_str());
                let first = reports::mark_seen(&mut tx, school, id, &me.id, app.now()).await?;
                let detail = json!({ "for": "concern", "first": first });
                trail::note(&mut tx, app, me, "view", ("pupil_report", id), detail).await?;
                first
            }
        };
        tx.commit().await?;
        if first {
            app.live.notify(&me.school_id, Change::Inbox);
        }
        Ok(())
    }

    /// The concern's evidence: its kind and id.
    pub(super) fn evidence(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Nothing => None,
            Self::Episode(episode, _) => Some(("episode", episode.id.clone())),
            Self::Report(report) => Some(("report", report.id.clone())),
        }
    }

    /// What kind of concern it makes, when that is known: a name of the taxonomy, or nothing.
    pub(super) fn category(&self) -> &'static str {
        match self {
            Self::Episode(episode, _) => episode.category.as_str(),
            Self::Nothing | Self::Report(_) => "",
        }
    }

    /// What it is, in words.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Episode(episode, _) => {
                let who = if episode.account.is_empty() {
                    "the browser named no account".to_owned()
                } else {
                    format!("{} (unverified)", line(&episode.account))
                };
                let last = when::long(episode.last_at);
                let (theme, device) = (theme(episode.category, episode.stage), line(&episode.device_label));
                Some(format!("Alerts: {theme}. Device {device}; {who}. Latest: {last}."))
            }
            Self::Report(report) => {
                Some(format!("A pupil’s report, received {}.", when::long(report.received_at)))
            }
        }
    }

    /// Fills an empty form with what is known. It guesses nobody's name: an account is a claim of the device. A name in
    /// confidence that passed to the reader stays on the report's page, where reading it is noted.
    pub(super) fn fill(&self, draft: &mut Draft, reader: &str) {
        match self {
            Self::Nothing => {}
            Self::Episode(episode, alerts) => {
                draft.category = episode.category.as_str().into();
                draft.place = format!("Online, on device {}", line(&episode.device_label));
                draft.seen_heard =
                    format!("Lapwing raised an alert: {}.", theme(episode.category, episode.stage));
                let Some(alert) = episode.gravest(alerts) else { return };
                draft.childs_words =
                    alert.excerpt.clone().filter(|words| !Lost::says(words)).unwrap_or_default();
                if !alert.url.is_empty() && !Lost::says(&alert.url) {
                    draft.seen_heard.push_str(&format!(" Site: {}", line(&alert.url)));
                }
                fill_time(draft, alert.occurred_at, alert.received_at);
            }
            Self::Report(report) => {
                if let Name::Known(name, _) = report.name_for(reader, false)
                    && !Lost::says(name)
                {
                    draft.person_name = vec![line(name)];
                    let role = if report.about == "me" { "subject" } else { "witness" };
                    draft.person_role = vec![role.into()];
                }
                draft.seen_heard = "A pupil wrote a report in Lapwing.".into();
                if !Lost::says(&report.story) {
                    draft.childs_words.clone_from(&report.story);
                }
                if !report.wish.is_empty() && !Lost::says(&report.wish) {
                    draft.childs_words.push_str("\n\nWhat would you like to happen? ");
                    draft.childs_words.push_str(&report.wish);
                }
                draft.occurred_precision = "unknown".into();
            }
        }
    }

    /// Whether the form is about to tell others a name that was given in confidence to its reader.
    pub(super) fn breaks_confidence(&self, reader: &str) -> bool {
        matches!(self, Self::Report(report)
            if report.identity == reports::Identity::Confidant && matches!(report.name_for(reader, false), Name::Known(..)))
    }
}

/// The device's time when the relay's bears it out; else the relay's, as a guess.
fn fill_time(draft: &mut Draft, on_device: i64, at_relay: i64) {
    let sure = on_device.abs_diff(at_relay) <= SAME_TIME && on_device <= at_relay;
    let at = if sure { on_device } else { at_relay };
    draft.occurred_date = when::date_value(at);
    draft.occurred_time = when::time_value(at);
    draft.occurred_precision = if sure { "exact" } else { "approximate" }.into();
}
