//! Which episode each alert joins. Alerts of one device, claimed account and category belong together for as long as the
//! episode is open and its last alert is less than a day old; otherwise they begin a new one.

use super::Item;
use crate::app::App;
use crate::db::Tx;
use crate::db::keys::{self, key_columns, key_joins};
use crate::db::many::Many;
use crate::error::Error;
use crate::seal::{Object, RecordKey, Vault};
use lapwing_core::{Category, Severity, Stage};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// How long an episode stays open for more alerts of the same pupil and theme: a day, in milliseconds.
const JOIN_WITHIN: i64 = 24 * 60 * 60 * 1_000;

const OPEN_COLUMNS: &str = concat!(
    "select e.id, e.school_id, e.device_id, e.account_hash, e.category, e.rank, e.stage, e.first_at, e.last_at, e.alerts, ",
    key_columns!(),
    " from ("
);
static OPEN: Many = Many::new(
    OPEN_COLUMNS,
    5,
    concat!(
        ") v cross join episode e",
        key_joins!("e", "episode"),
        "where e.school_id = v.column1 and e.device_id = v.column2 and e.account_hash = v.column3 ",
        "and e.category = v.column4 and e.last_at >= v.column5 and e.status in ('new', 'claimed')",
    ),
);
// A DSL who closes one of these waits, or has been quicker: then it is not among them. They are locked in the order in
// which they are asked for. Before PostgreSQL has counted a new table it believes that whatever way into it finds one row,
// and would go through all of it once rather than into it for each: hence the fence (`offset 0`), and school and status
// compared in a way for which there is no index.
static OPEN_HELD: Many = Many::new(
    OPEN_COLUMNS,
    5,
    concat!(
        ") v cross join lateral (select * from episode o where o.device_id = v.column2 and o.account_hash = v.column3 ",
        "and o.category = v.column4 and o.school_id || '' = v.column1 and o.last_at >= v.column5 ",
        "and o.status || '' in ('new', 'claimed') order by o.id || '' offset 0 for no key update) e",
        key_joins!("e", "episode"),
    ),
);

static BEGIN: Many = Many::new(
    "insert into episode (id, school_id, device_id, account_hash, sealed, category, severity, rank, stage, first_at, \
     last_at, alerts, status) ",
    13,
    "",
);

static WRAP: Many =
    Many::new("insert into record_key (school_id, object_kind, object_id, under, wrapped) ", 5, "");

// The school is compared in a way for which there is no index, as above: a plan from an empty table could else go through
// all episodes of the school for each.
static JOIN: Many = Many::new(
    "update episode set last_at = v.column3, alerts = v.column4, severity = v.column5, rank = v.column6, \
     stage = v.column7, first_at = v.column8 from (",
    8,
    ") v where episode.id = v.column2 and episode.school_id || '' = v.column1",
);

/// What alerts of one episode have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Theme<'a> {
    school: &'a str,
    device: &'a str,
    account_hash: &'a str,
    category: &'a str,
}

impl<'a> Theme<'a> {
    fn of((arrival, ready): Item<'a>) -> Self {
        Self {
            school: &arrival.school_id,
            device: &arrival.device_id,
            account_hash: &ready.account_hash,
            category: ready.alert.category.as_str(),
        }
    }
}

/// What comes to an episode. An episode is as grave as its gravest alert.
#[derive(Debug, Clone, Copy)]
struct Sum {
    alerts: i64,
    severity: Severity,
    stage: Option<Stage>,
    first_at: i64,
    last_at: i64,
}

impl Sum {
    fn and(self, other: Self) -> Self {
        Self {
            alerts: self.alerts + other.alerts,
            severity: self.severity.max(other.severity),
            stage: self.stage.max(other.stage),
            first_at: self.first_at.min(other.first_at),
            last_at: self.last_at.max(other.last_at),
        }
    }
}

/// An episode that alerts of this transaction join.
#[derive(Debug)]
struct Episode {
    id: String,
    key: RecordKey,
}

/// The episodes of a group's alerts.
#[derive(Debug)]
pub(super) struct Themes<'a>(BTreeMap<Theme<'a>, Episode>);

/// A theme of the group: what comes, and one of its alerts for what they have in common.
struct Coming<'a> {
    sum: Sum,
    item: Item<'a>,
}

impl<'a> Themes<'a> {
    /// Finds or begins the episode of each of `items`, and counts them in.
    pub(super) async fn joined(tx: &mut Tx, app: &App, items: &[Item<'a>]) -> Result<Self, Error> {
        let coming = coming(items);
        let open = open(tx, &coming).await?;
        let open = last_of_each(&open);
        let mut joined = Vec::new();
        let mut begun = Vec::new();
        let mut episodes = BTreeMap::new();
        for (theme, coming) in &coming {
            let vault = &coming.item.0.vault;
            let episode = match open.get(theme).map(|found| (*found, found.key(vault))) {
                Some((found, Ok(Some(key)))) => {
                    joined.push((theme.school, found.id.clone(), found.sum.and(coming.sum)));
                    Episode { id: found.id.clone(), key }
                }
                // Nobody can add to an episode whose key is gone; the alert must be kept all the same.
                Some((_, Ok(None) | Err(_))) | None => {
                    let key = vault.new_record(app.random.as_ref())?;
                    begun.push(Begun::new(app, vault, coming, &key)?);
                    let Some(last) = begun.last() else { continue };
                    Episode { id: last.id.clone(), key }
                }
            };
            episodes.insert(*theme, episode);
        }
        begin(tx, &begun).await?;
        for statement in JOIN.over(tx.engine(), &joined, |query, (school, id, sum)| {
            query
                .bind((*school).to_owned())
                .bind(id.clone())
                .bind(sum.last_at)
                .bind(sum.alerts)
                .bind(sum.severity.as_str())
                .bind(rank(sum.severity))
                .bind(sum.stage.map(Stage::as_str))
                .bind(sum.first_at)
        }) {
            statement.execute(&mut **tx).await?;
        }
        Ok(Self(episodes))
    }

    /// The episode of one of the items, and its key.
    pub(super) fn of(&self, item: Item<'a>) -> Result<(&str, &RecordKey), Error> {
        let episode = self.0.get(&Theme::of(item));
        let episode = episode.ok_or_else(|| Error::Internal("an alert joined no episode".into()))?;
        Ok((&episode.id, &episode.key))
    }
}

fn coming<'a>(items: &[Item<'a>]) -> BTreeMap<Theme<'a>, Coming<'a>> {
    let mut coming: BTreeMap<Theme<'a>, Coming<'a>> = BTreeMap::new();
    for item in items {
        let (arrival, ready) = *item;
        let alert = &ready.alert;
        let sum = Sum {
            alerts: 1,
            severity: alert.severity,
            stage: alert.stage,
            first_at: arrival.now,
            last_at: arrival.now,
        };
        coming
            .entry(Theme::of(*item))
            .and_modify(|coming| coming.sum = coming.sum.and(sum))
            .or_insert(Coming { sum, item: *item });
    }
    coming
}

/// An open episode as the database has it.
struct Found {
    id: String,
    school: String,
    device: String,
    account_hash: String,
    category: String,
    sum: Sum,
    row: AnyRow,
}

impl Found {
    fn new(row: AnyRow) -> Result<Self, Error> {
        let stored: i64 = row.try_get("rank")?;
        let severity = Severity::ALL.iter().copied().find(|&known| rank(known) == stored);
        let stage: Option<String> = row.try_get("stage")?;
        Ok(Self {
            id: row.try_get("id")?,
            school: row.try_get("school_id")?,
            device: row.try_get("device_id")?,
            account_hash: row.try_get("account_hash")?,
            category: row.try_get("category")?,
            sum: Sum {
                alerts: row.try_get("alerts")?,
                severity: severity.unwrap_or(Severity::Info),
                stage: stage.and_then(|stage| stage.parse().ok()),
                first_at: row.try_get("first_at")?,
                last_at: row.try_get("last_at")?,
            },
            row,
        })
    }

    fn theme(&self) -> Theme<'_> {
        Theme {
            school: &self.school,
            device: &self.device,
            account_hash: &self.account_hash,
            category: &self.category,
        }
    }

    fn key(&self, vault: &Vault) -> Result<Option<RecordKey>, Error> {
        keys::record(&self.row, vault, (Object::Episode, &self.id))
    }
}

/// Where several of one theme are open, the one with the last alert counts.
fn last_of_each(open: &[Found]) -> BTreeMap<Theme<'_>, &Found> {
    let mut last: BTreeMap<Theme<'_>, &Found> = BTreeMap::new();
    for found in open {
        let kept = last.entry(found.theme()).or_insert(found);
        if (kept.sum.last_at, &kept.id) < (found.sum.last_at, &found.id) {
            *kept = found;
        }
    }
    last
}

async fn open(tx: &mut Tx, coming: &BTreeMap<Theme<'_>, Coming<'_>>) -> Result<Vec<Found>, Error> {
    let statement = if tx.is_shared() { &OPEN_HELD } else { &OPEN };
    let wanted: Vec<_> = coming.iter().collect();
    let mut found = Vec::new();
    for query in statement.over(tx.engine(), &wanted, |query, (theme, coming)| {
        query
            .bind(theme.school.to_owned())
            .bind(theme.device.to_owned())
            .bind(theme.account_hash.to_owned())
            .bind(theme.category.to_owned())
            .bind(coming.sum.first_at - JOIN_WITHIN)
    }) {
        for row in query.fetch_all(&mut **tx).await? {
            found.push(Found::new(row)?);
        }
    }
    Ok(found)
}

/// A new episode's row.
struct Begun {
    id: String,
    school: String,
    device: String,
    account_hash: String,
    sealed: Vec<u8>,
    category: Category,
    sum: Sum,
    under: String,
    wrapped: Vec<u8>,
}

impl Begun {
    fn new(app: &App, vault: &Vault, coming: &Coming<'_>, key: &RecordKey) -> Result<Self, Error> {
        let (id, random) = (app.new_id()?, app.random.as_ref());
        let (arrival, ready) = coming.item;
        let account = ready.alert.account.as_deref().unwrap_or_default();
        let wrapped = vault.wrap_record(random, (Object::Episode, &id), key)?;
        Ok(Self {
            sealed: key.seal_words(random, ("episode", &id), account)?,
            id,
            school: arrival.school_id.clone(),
            device: arrival.device_id.clone(),
            account_hash: ready.account_hash.clone(),
            category: ready.alert.category,
            sum: coming.sum,
            under: wrapped.under,
            wrapped: wrapped.bytes,
        })
    }
}

async fn begin(tx: &mut Tx, begun: &[Begun]) -> Result<(), Error> {
    BEGIN
        .insert(tx, begun, |query, row| {
            query
                .bind(row.id.clone())
                .bind(row.school.clone())
                .bind(row.device.clone())
                .bind(row.account_hash.clone())
                .bind(row.sealed.clone())
                .bind(row.category.as_str())
                .bind(row.sum.severity.as_str())
                .bind(rank(row.sum.severity))
                .bind(row.sum.stage.map(Stage::as_str))
                .bind(row.sum.first_at)
                .bind(row.sum.last_at)
                .bind(row.sum.alerts)
                .bind("new")
        })
        .await?;
    WRAP.insert(tx, begun, |query, row| {
        query
            .bind(row.school.clone())
            .bind(Object::Episode.as_str())
            .bind(row.id.clone())
            .bind(row.under.clone())
            .bind(row.wrapped.clone())
    })
    .await
}

/// 0 info … 4 critical.
const fn rank(severity: Severity) -> i64 {
    severity as i64
}
