//! The inbox: everything that waits for the DSL, most urgent first, and what is done. It updates itself while it is open:
//! the server says only that something changed, and the page asks for its list again.

use super::glass::{self, Notice};
use super::when::When;
use super::words::{Grade, count, line, theme};
use super::{Area, Chrome, show};
use crate::app::App;
use crate::auth::{Account, Session, Waiting as MayWait};
use crate::db::inbox::{self, ConcernFilter, ConcernRow, EpisodeRow, ReportRow};
use crate::db::reports::Identity;
use crate::db::scope::{self, Scope};
use crate::error::Error;
use crate::extract::Query;
use crate::walls::Viewer;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use lapwing_core::{Severity, Stage};
use serde::Deserialize;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How often an open page's session is looked at.
const CHECK: Duration = Duration::from_secs(30);
/// How often a quiet connection is shown to be alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// An open page is told of changes this often at most.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How soon a person must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    Now,
    Today,
    Later,
}

/// One row of the list.
#[derive(Debug)]
struct Item {
    urgency: Urgency,
    /// Among its kind, the graver first.
    rank: u8,
    at: i64,
    /// Tells rows apart when the list is renewed.
    key: String,
    href: String,
    /// “Alerts”, “Pupil’s report”, “Staff concern”.
    kind: &'static str,
    /// None for reports and concerns, which are never ranked.
    grade: Option<Grade>,
    who: String,
    /// Whether `who` is a claim of the device.
    unverified: bool,
    theme: String,
    why: String,
    when: When,
    many: Option<String>,
    holder: String,
    unclaimed: bool,
}

/// Rows of one urgency.
struct Group<'a> {
    id: &'static str,
    title: &'static str,
    items: Vec<&'a Item>,
}

/// What waits, in order, with its counts.
struct Waiting {
    items: Vec<Item>,
    /// What waits and is not among the items, in words: “37 more alerts”.
    left_out: Vec<String>,
    /// Whether there can be more new concerns.
    more_concerns: bool,
    /// Records that somebody opened in need, until a second person has taken note.
    notices: Vec<Notice>,
}

impl Waiting {
    async fn load(app: &App, me: &Account) -> Result<Self, Error> {
        let (db, now) = (app.db.read(), app.now());
        let vault = app.vault(&me.school_id).await?;
        let viewer = Viewer::of(app, &mut *db.acquire().await?, me).await?;
        let episodes = inbox::waiting_episodes(db, &vault, &viewer).await?;
        let reports = inbox::waiting_reports(db, &vault, &viewer).await?;
        let fresh = ConcernFilter { status: "new", ..ConcernFilter::default() };
        let concerns = inbox::concerns(db, &vault, &viewer, fresh).await?;
        let notices = glass::notices(app, &viewer).await?;
        let full = |shown: usize| shown >= inbox::MOST;
        let mut left_out = Vec::new();
        if full(episodes.len()) || full(reports.len()) {
            let waits = inbox::waits(db, &viewer).await?;
            let kinds = [
                (waits.episodes, episodes.len(), "more group of alerts", "more groups of alerts"),
                (waits.reports, reports.len(), "more report from pupils", "more reports from pupils"),
            ];
            for (all, shown, one, many) in kinds {
                let left = all.saturating_sub(i64::try_from(shown).unwrap_or(i64::MAX));
                // Something may have come or gone between the two looks.
                if left > 0 && full(shown) {
                    left_out.push(format!("{left} {}", if left == 1 { one } else { many }));
                }
            }
        }
        let more_concerns = full(concerns.len());
        let mut items: Vec<Item> = Vec::with_capacity(episodes.len() + reports.len() + concerns.len());
        items.extend(episodes.iter().map(|row| episode_item(row, now)));
        items.extend(reports.iter().map(|row| report_item(row, me, now)));
        items.extend(concerns.iter().map(|row| concern_item(row, now)));
        items.sort_by(|a, b| (a.urgency, b.rank, b.at).cmp(&(b.urgency, a.rank, a.at)));
        Ok(Self { items, left_out, more_concerns, notices })
    }

    fn groups(&self) -> Vec<Group<'_>> {
        [(Urgency::Now, "now", "Now"), (Urgency::Today, "today", "Today"), (Urgency::Later, "later", "Later")]
            .into_iter()
            .map(|(urgency, id, title)| {
                let items = self.items.iter().filter(|item| item.urgency == urgency).collect();
                Group { id, title, items }
            })
            .collect()
    }

    /// What the reader would see change. Two loads with the same fingerprint look the same.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for item in &self.items {
            (&item.key, &item.why, &item.many, &item.holder, item.at, item.rank).hash(&mut hasher);
        }
        for notice in &self.notices {
            notice.id.hash(&mut hasher);
        }
        (&self.left_out, self.more_concerns).hash(&mut hasher);
        hasher.finish()
    }

    fn total(&self) -> String {
        count(i64::try_from(self.items.len()).unwrap_or(i64::MAX), "item")
    }

    fn unclaimed(&self) -> usize {
        self.items.iter().filter(|item| item.unclaimed).count()
    }
}

fn episode_item(row: &EpisodeRow, now: i64) -> Item {
    let active = row.stage == Some(Stage::Active);
    let urgency = match row.severity {
        _ if active => Urgency::Now,
        Severity::Critical => Urgency::Now,
        Severity::High => Urgency::Today,
        _ => Urgency::Later,
    };
    let unverified = !row.account.is_empty();
    Item {
        urgency,
        rank: if active { 9 } else { row.severity as u8 + 2 },
        at: row.last_at,
        key: format!("episode-{}", row.id),
        href: format!("/episodes/{}", row.id),
        kind: "Alerts",
        grade: Some(row.severity.into()),
        who: if unverified { line(&row.account) } else { format!("Device {}", line(&row.device_label)) },
        unverified,
        theme: theme(row.category, row.stage),
        why: row.why.clone(),
        when: When::new(row.last_at, now),
        many: Some(count(row.alerts, "alert")),
        holder: row
            .holder
            .as_ref()
            .map_or_else(|| "Nobody has it yet".into(), |name| format!("{name} has it")),
        unclaimed: row.holder.is_none(),
    }
}

fn report_item(row: &ReportRow, me: &Account, now: i64) -> Item {
    let urgency = match row.status.as_str() {
        "new" => Urgency::Now,
        "replied" => Urgency::Later,
        _ => Urgency::Today,
    };
    let wrote_again = matches!(&row.last_message, Some((voice, _)) if voice == "pupil");
    let why = match row.status.as_str() {
        "new" => "Nobody has opened it yet.",
        "replied" => "Answered. It waits for the pupil.",
        _ if wrote_again => "The pupil has written again.",
        _ if row.last_message.is_some() => "The pupil wrote again before the last answer was sent.",
        _ => "Opened, not answered yet.",
    };
    let at = row.last_message.as_ref().map_or(row.received_at, |(_, at)| row.received_at.max(*at));
    Item {
        urgency,
        rank: 5,
        at,
        key: format!("report-{}-{at}", row.id),
        href: format!("/reports/{}", row.id),
        kind: "Pupil’s report",
        grade: None,
        who: report_who(row, &me.id),
        unverified: false,
        theme: format!("Report: {}", about_words(&row.about)),
        why: why.into(),
        when: When::new(at, now),
        many: None,
        holder: match &row.adult {
            Some((_, name)) => format!("For {name}"),
            None => "For the safeguarding team".into(),
        },
        unclaimed: row.status == "new" || wrote_again,
    }
}

/// Who wrote a report, as far as a list may say: the name only where everybody who reads reports may know it.
pub(super) fn report_who(row: &ReportRow, me: &str) -> String {
    match (row.identity, &row.pupil_name, &row.adult) {
        (Identity::Named, Some(name), _) => line(name),
        // Whether that adult can still open it, the report's page says.
        (Identity::Confidant, _, Some((id, name))) if id != me => {
            format!("Name given in confidence to {name}")
        }
        (Identity::Confidant, ..) => "Name given in confidence".into(),
        (Identity::Anonymous, ..) => "Anonymous".into(),
        (Identity::Named, None, _) => "Name left empty".into(),
    }
}

/// Whom a report is about.
pub(super) fn about_words(about: &str) -> &'static str {
    match about {
        "me" => "about themselves",
        "friend" => "about a friend or another pupil",
        _ => "about something else",
    }
}

fn concern_item(row: &ConcernRow, now: i64) -> Item {
    Item {
        urgency: Urgency::Today,
        rank: if row.told_dsl { 4 } else { 6 },
        at: row.recorded_at,
        key: format!("concern-{}", row.id),
        href: format!("/concerns/{}", row.id),
        kind: "Concern",
        grade: None,
        who: super::concerns::persons_words(&row.persons),
        unverified: false,
        theme: format!("Concern {} from {}", row.number, row.reporter),
        why: if row.told_dsl {
            "The DSL was told in person."
        } else {
            "The DSL has not been told in person."
        }
        .into(),
        when: When::new(row.recorded_at, now),
        many: None,
        holder: "Not acknowledged yet".into(),
        unclaimed: true,
    }
}

#[derive(Template)]
#[template(path = "inbox/inbox.html")]
struct InboxPage {
    chrome: Chrome,
    waiting: Waiting,
}

#[derive(Template)]
#[template(path = "inbox/list.html")]
struct InboxList {
    waiting: Waiting,
}

/// What of the inbox is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    part: Option<String>,
}

/// `GET /inbox`; with `?part=list` the list alone.
pub(crate) async fn show_inbox(
    State(app): State<Arc<App>>,
    MayWait(me): MayWait,
    Query(part): Query<Part>,
) -> Result<Response, Error> {
    let waiting = Waiting::load(&app, &me).await?;
    if part.part.as_deref() == Some("list") {
        return show(&InboxList { waiting });
    }
    show(&InboxPage { chrome: Chrome::of(&app, &me, Area::Inbox).await?, waiting })
}

/// One finished thing.
struct Done {
    href: String,
    who: String,
    unverified: bool,
    theme: String,
    outcome: String,
    when: Option<When>,
}

#[derive(Template)]
#[template(path = "inbox/done.html")]
struct DonePage {
    chrome: Chrome,
    lists: [(&'static str, Vec<Done>); 2],
}

/// `GET /inbox/done`.
pub(crate) async fn show_done(State(app): State<Arc<App>>, MayWait(me): MayWait) -> Result<Response, Error> {
    let now = app.now();
    let vault = app.vault(&me.school_id).await?;
    let viewer = Viewer::of(&app, &mut *app.db.read().acquire().await?, &me).await?;
    let episodes = inbox::done_episodes(app.db.read(), &vault, &viewer).await?;
    let reports = inbox::done_reports(app.db.read(), &vault, &viewer).await?;
    let episodes = episodes.iter().map(|row| {
        let item = episode_item(row, now);
        let by = row.closed_by.as_deref().unwrap_or("somebody");
        let outcome = match row.closed_reason.as_deref() {
            Some(reason) => format!("Dismissed by {by}: {}", super::alerts::reason_words(reason)),
            None => format!("Made into a concern by {by}"),
        };
        let when = row.closed_at.map(|at| When::new(at, now));
        Done { href: item.href, who: item.who, unverified: item.unverified, theme: item.theme, outcome, when }
    });
    let reports = reports.iter().map(|row| {
        let item = report_item(row, &me, now);
        let outcome = if row.status == "closed" { "Closed" } else { "Made into a concern" }.into();
        let when = Some(item.when);
        Done { href: item.href, who: item.who, unverified: false, theme: item.theme, outcome, when }
    });
    let lists = [("Alerts", episodes.collect()), ("Pupils’ reports", reports.collect())];
    show(&DonePage { chrome: Chrome::of(&app, &me, Area::Inbox).await?, lists })
}

/// `GET /inbox/events`: server-sent events. It says `change` when the reader's own list has changed, and `end` when the
/// session is over. That something changed which is not theirs to see, they do not hear.
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    MayWait(me): MayWait,
    session: Session,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Error> {
    // Listening begins before the first look, so that nothing falls between the two.
    // The hub ends its subscriptions when the relay stops; the stream must end with them, or it would hold up the stop.
    let changes = app.live.subscribe(&me.school_id).map(|_| Some(true)).chain(stream::once(async { None }));
    let seen = Waiting::load(&app, &me).await?.fingerprint();
    let checks = stream::unfold(tokio::time::interval(CHECK), |mut interval| async {
        interval.tick().await;
        Some((Some(false), interval))
    });
    let ticks = Box::pin(stream::select(changes, checks));
    let stream = stream::unfold(Some((ticks, app, session, seen, Instant::now())), |state| async {
        let (mut ticks, app, session, seen, mut next) = state?;
        loop {
            let changed = ticks.next().await??;
            if changed {
                // The first change is told at once. What comes right after it is told together: while alerts stream in there
                // is a change with each commit, and every open page would have its whole list read for each of them.
                sleep_until(next).await;
                next = Instant::now() + LOOK_EVERY;
            }
            // A stream runs after its handler has answered, so it says itself whose rows it reaches.
            let stands = scope::within(Scope::Relay, session.stands(&app)).await;
            // A fault of the database is no reason to send anybody away: the next look decides.
            if matches!(stands, Ok(false)) {
                return Some((Ok(Event::default().event("end").data("signed out")), None));
            }
            if !changed {
                continue;
            }
            let me = &session.account;
            let now = scope::within(Scope::school(&me.school_id), Waiting::load(&app, me)).await;
            let now = now.map(|waiting| waiting.fingerprint());
            if !matches!(now, Ok(now) if now == seen) {
                let state = (ticks, app, session, now.unwrap_or(seen), next);
                return Some((Ok(Event::default().event("change").data("inbox")), Some(state)));
            }
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here")))
}
