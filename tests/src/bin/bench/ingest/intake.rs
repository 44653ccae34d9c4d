//! Single alerts and batches into the relay, and the two limits beside it, in turn.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lapwing_core::wire::limit;
use lapwing_tests::load::drive::{self, Load, Run, Source};
use lapwing_tests::load::empty::Empty;
use lapwing_tests::load::{Alerts, Base, Fleet, Postgres, floor, machine};
use lapwing_tests::numbers::Times;
use lapwing_tests::steps;
use serde_json::{Value, json};

use super::Options;

/// Messages are made and signed ahead for a relay this fast; a faster one runs dry, which is said.
const SINGLES: u32 = 15_000;
const BATCHES: u32 = 900;
/// Rows in one transaction of the bare database.
const GROUPS: [usize; 2] = [64, 256];
/// Seconds for each of the bare database's measurements.
const FLOOR: Duration = Duration::from_secs(2);

/// What one round showed.
struct Round {
    single: Measured,
    steady: Run,
    batch: Measured,
    empty: Measured,
    floor: [f64; 2],
}

/// A run and the processor time that it took, in microseconds an alert: of the server, of its database server's processes (0
/// where there is none), and of the generator.
struct Measured {
    run: Run,
    server: f64,
    database: f64,
    generator: f64,
}

/// Measures `options.rounds` times and shows the medians.
pub(super) async fn measure(options: &Options, base: &Base, fleet: &Fleet) -> Result<Value> {
    let folder = tempfile::Builder::new().prefix("lapwing-floor-").tempdir()?;
    let empty = Empty::start(folder.path()).await?;
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        steps::line(&format!("-- round {number} of {}", options.rounds));
        rounds.push(round(options, base, fleet, &empty, folder.path(), u64::from(number)).await?);
    }
    let kept = base.store.counts().await?;
    steps::line(&format!("{} alerts are stored, and their episodes count {}", kept.0, kept.1));
    Ok(summary(options, &rounds))
}

async fn round(
    options: &Options,
    base: &Base,
    fleet: &Fleet,
    empty: &Empty,
    folder: &std::path::Path,
    number: u64,
) -> Result<Round> {
    let time = Duration::from_secs(u64::from(options.seconds));
    let relay = base.relay.process()?;
    let database = base.postgres.as_ref();
    let seed = |part: u64| number * 10 + part;

    let count = SINGLES * (options.seconds + 1);
    let mut loads = make(fleet, seed(1), usize::try_from(count)?, 1)?;
    let sample = loads.pop_front().context("no messages were made")?;
    let size = sample.message.body.len();
    let single =
        counted(relay, database, drive::closed(&base.dial, options.lines, time, Source::Ahead(loads)))
            .await?;
    show(&format!("one alert ({size} bytes) a request, {} connections", options.lines), &single);

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate from the command line"
    )]
    let count = (options.rate * f64::from(options.seconds + 2)) as usize;
    let loads = make(fleet, seed(2), count, 1)?;
    let lines = options.lines * 4;
    let steady = drive::open(&base.dial, lines, options.rate, time, Source::Ahead(loads)).await?;
    steps::line(&format!(
        "one alert a request, {:.0} a second due: {:.0}/s acknowledged, {}{}",
        options.rate,
        steady.rate,
        steady.times.tail(),
        asked(&steady)
    ));

    let count = usize::try_from(BATCHES * (options.seconds + 1))?;
    let loads = make(fleet, seed(3), count, limit::BATCH)?;
    let lines = options.batch_lines;
    let batch =
        counted(relay, database, drive::closed(&base.dial, lines, time, Source::Ahead(loads))).await?;
    show(&format!("{} alerts a request, {lines} connections", limit::BATCH), &batch);

    let dial = lapwing_tests::load::Dial::new(&empty.url, &empty.certificate)?;
    let server = empty.child.id().context("the empty server has ended")?;
    let source = Source::Again(Box::new(sample));
    let empty = counted(server, None, drive::closed(&dial, options.lines, time, source)).await?;
    show("the same request to an empty handler", &empty);

    let mut limits = [0.0; 2];
    for (limit, group) in limits.iter_mut().zip(GROUPS) {
        *limit = floor::rows(base.store.engine(), &base.store, folder, size, group, FLOOR).await?;
        steps::line(&format!("the bare database, {group} rows of {size} bytes a commit: {limit:.0} rows/s"));
    }
    Ok(Round { single, steady, batch, empty, floor: limits })
}

/// Messages of `each` alerts, signed ahead, the devices in turn.
fn make(fleet: &Fleet, seed: u64, count: usize, each: usize) -> Result<VecDeque<Load>> {
    let started = Instant::now();
    let mut alerts = Alerts::new(seed);
    let mut loads = VecDeque::with_capacity(count);
    for number in 0..count {
        let device = fleet.turn(number)?;
        let message = device.batch(alerts.many(&device.account, each))?;
        loads.push_back(Load { message, alerts: each });
    }
    let time = started.elapsed().as_secs_f64();
    steps::line(&format!("   (made and signed {count} requests ahead in {time:.1} s)"));
    Ok(loads)
}

async fn counted(
    server: u32,
    database: Option<&Postgres>,
    run: impl Future<Output = Result<Run>>,
) -> Result<Measured> {
    let spent = || {
        let database = database.map(Postgres::processor_time).transpose()?.unwrap_or_default();
        anyhow::Ok([machine::processor_time(server)?, database, machine::processor_time(machine::own())?])
    };
    let before = spent()?;
    let run = run.await?;
    let after = spent()?;
    // The second that is not counted is in the processor time, so it has to be in the alerts too.
    #[allow(clippy::cast_precision_loss, reason = "millions of alerts")]
    let alerts = run.sent.max(1) as f64;
    let mut each = before.iter().zip(after).map(|(before, after)| (after - before) * 1e6 / alerts);
    let mut next = || each.next().unwrap_or_default();
    Ok(Measured { run, server: next(), database: next(), generator: next() })
}

fn show(what: &str, measured: &Measured) {
    let Measured { run, server, database, generator } = measured;
    let database = if *database > 0.0 { format!("database {database:.0} µs, ") } else { String::new() };
    steps::line(&format!(
        "{what}: {:.0}/s, {}; processor time an alert: server {server:.0} µs, {database}generator {generator:.0} µs{}",
        run.rate,
        run.times.tail(),
        asked(run)
    ));
}

fn asked(run: &Run) -> String {
    let mut text = String::new();
    if run.refused > 0 {
        text = format!("; {} times asked to come back later", run.refused);
    }
    if run.ran_dry {
        text.push_str("; RAN DRY: the relay was faster than messages had been made for");
    }
    text
}

fn summary(options: &Options, rounds: &[Round]) -> Value {
    let median = |pick: &dyn Fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let tail = |pick: &dyn Fn(&Round) -> &Times| {
        let at = |share: f64| round2(median(&|round| pick(round).percentile(share)));
        json!({ "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "p999_ms": at(0.999) })
    };
    let single = median(&|round| round.single.run.rate);
    let batch = median(&|round| round.batch.run.rate);
    let empty = median(&|round| round.empty.run.rate);
    let floor = GROUPS.map(|group| {
        let index = usize::from(group != GROUPS[0]);
        median(&|round| round.floor.get(index).copied().unwrap_or_default())
    });
    let steady = median(&|round| round.steady.rate);
    let steady_p99 = median(&|round| round.steady.times.percentile(0.99));
    steps::line(&format!("== medians of {} rounds", rounds.len()));
    steps::line(&format!(
        "single alerts: {single:.0}/s; at {:.0} due a second p99 {steady_p99:.1} ms",
        options.rate
    ));
    steps::line(&format!("batches of {}: {batch:.0} alerts/s", limit::BATCH));
    steps::line(&format!(
        "single over the empty handler: {:.3}; single over the bare database ({} rows a commit): {:.3}; batches over \
         the bare database ({} rows): {:.3}",
        single / empty,
        GROUPS[0],
        single / floor[0],
        GROUPS[1],
        batch / floor[1]
    ));
    let target = |met: bool| if met { "met" } else { "NOT met" };
    steps::line(&format!(
        "targets: 5000/s singly {} and p99 of 50 ms at that rate {}; 15000/s in batches {}",
        target(single >= 5_000.0),
        target(steady >= options.rate * 0.99 && steady_p99 <= 50.0),
        target(batch >= 15_000.0)
    ));
    json!({
        "single_per_second": single.round(),
        "single": tail(&|round| &round.single.run.times),
        "single_relay_us": round2(median(&|round| round.single.server)),
        "single_database_us": round2(median(&|round| round.single.database)),
        "steady_due_per_second": options.rate,
        "steady_per_second": steady.round(),
        "steady": tail(&|round| &round.steady.times),
        "batch_alerts_per_second": batch.round(),
        "batch": tail(&|round| &round.batch.run.times),
        "batch_relay_us_an_alert": round2(median(&|round| round.batch.server)),
        "batch_database_us_an_alert": round2(median(&|round| round.batch.database)),
        "empty_per_second": empty.round(),
        "empty": tail(&|round| &round.empty.run.times),
        "bare_rows_per_second": { "64_a_commit": floor[0].round(), "256_a_commit": floor[1].round() },
        "single_over_empty": round3(single / empty),
        "single_over_bare_64": round3(single / floor[0]),
        "batch_over_bare_256": round3(batch / floor[1]),
        "rounds": rounds.len(),
        "refused": rounds.iter().map(|round| round.single.run.refused + round.steady.refused + round.batch.run.refused).sum::<u64>(),
    })
}

fn round2(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn round3(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
