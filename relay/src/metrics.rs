//! What is counted and measured for the people who run the relay, in the form that Prometheus reads.
//!
//! Every name and label is here, and no label tells of a child, a person, a device or a school: only routes as
//! patterns, kinds and outcomes. Until [`install`] is called nothing is kept. The page itself, on a listener of its own,
//! is in `serve::scraped`.

use crate::config::Connections;
use anyhow::Context as _;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;

const REQUESTS: &str = "lapwing_requests_total";
const REQUEST_SECONDS: &str = "lapwing_request_seconds";
const ALERTS: &str = "lapwing_alerts_total";
const SIGNATURES: &str = "lapwing_signatures_total";
const INTAKE: &str = "lapwing_intake_total";
const COMMIT_SECONDS: &str = "lapwing_commit_seconds";
const COMMIT_ALERTS: &str = "lapwing_commit_alerts";
const WAITING: &str = "lapwing_intake_waiting";
const PAGES: &str = "lapwing_live_pages";
const SESSIONS: &str = "lapwing_sessions";
const CONNECTIONS: &str = "lapwing_connections";
const CONNECTIONS_TOTAL: &str = "lapwing_connections_total";
const CONNECTIONS_MOST: &str = "lapwing_connections_limit";
const DATABASE_ERRORS: &str = "lapwing_database_errors_total";
const CSP: &str = "lapwing_csp_reports_total";
const DISK: &str = "lapwing_disk_free_bytes";
const CERTIFICATE: &str = "lapwing_certificate_expires_seconds";
const BUILD: &str = "lapwing_build_info";

/// Seconds: from a commit to memory up to the time limit of a request.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// Alerts in one transaction.
const SIZES: [f64; 8] = [1.0, 5.0, 10.0, 50.0, 100.0, 250.0, 500.0, 1000.0];

/// Starts keeping, for the whole process.
///
/// # Errors
/// When something else keeps metrics in this process.
pub(crate) fn install() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full(COMMIT_ALERTS.into()), &SIZES))
        .context("the buckets of the metrics make no sense")?
        .install_recorder()
        .context("metrics cannot be kept")?;
    describe();
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

fn describe() {
    describe_counter!(REQUESTS, "Requests answered, by method, route pattern and status");
    describe_histogram!(
        REQUEST_SECONDS,
        Unit::Seconds,
        "Time to the first byte of an answer, by route pattern"
    );
    describe_counter!(ALERTS, "Alerts in answered batches: accepted, duplicate or refused");
    describe_counter!(
        SIGNATURES,
        "Signatures of devices checked: device (its own key), session, unknown_session or wrong"
    );
    describe_counter!(INTAKE, "Requests of devices let in or sent away: admitted, device, school or busy");
    describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "Time to commit alerts, synced to disk");
    describe_histogram!(COMMIT_ALERTS, Unit::Count, "Alerts committed by one transaction");
    describe_gauge!(WAITING, "Requests of devices let in and not yet answered, by lane");
    describe_gauge!(PAGES, "Open pages that hear of news by server-sent events");
    describe_gauge!(SESSIONS, "Sessions of people that have not ended");
    describe_gauge!(CONNECTIONS, "Open connections");
    describe_counter!(
        CONNECTIONS_TOTAL,
        "Connections, by how they began: accepted, full, address_full or handshake"
    );
    describe_gauge!(CONNECTIONS_MOST, "Connections that may be open at once, by scope: total or address");
    describe_counter!(DATABASE_ERRORS, "Errors of the database: busy (may pass) or fault");
    describe_counter!(CSP, "Reports of browsers that a page broke the content security policy");
    describe_gauge!(DISK, Unit::Bytes, "Free space where the data folder is");
    describe_gauge!(CERTIFICATE, Unit::Seconds, "When the certificate in use ends, seconds since 1970");
    describe_gauge!(BUILD, "Always 1; the label tells the version");
}

/// A request was answered. `route` is the pattern, never the path.
pub(crate) fn answered(method: &'static str, route: &str, status: u16, took: Duration) {
    counter!(REQUESTS, "method" => method, "route" => route.to_owned(), "status" => status.to_string())
        .increment(1);
    histogram!(REQUEST_SECONDS, "route" => route.to_owned()).record(took);
}

/// A batch was answered.
pub(crate) fn alerts(accepted: u64, duplicate: u64, refused: u64) {
    for (outcome, count) in [("accepted", accepted), ("duplicate", duplicate), ("refused", refused)] {
        counter!(ALERTS, "outcome" => outcome).increment(count);
    }
}

/// Alerts were committed together, in this time.
pub(crate) fn committed(alerts: u64, took: Duration) {
    #[expect(clippy::cast_precision_loss, reason = "thousands, not quadrillions")]
    histogram!(COMMIT_ALERTS).record(alerts as f64);
    histogram!(COMMIT_SECONDS).record(took);
}

/// A device's signature was checked.
pub(crate) fn signature(outcome: &'static str) {
    counter!(SIGNATURES, "outcome" => outcome).increment(1);
}

/// What became of a device's request at the door.
pub(crate) fn intake(outcome: &'static str) {
    counter!(INTAKE, "outcome" => outcome).increment(1);
}

/// Something that is there for as long as this is kept: a connection, an open page, a request that waits.
#[derive(Debug)]
pub(crate) struct Present(metrics::Gauge);

impl Present {
    fn new(gauge: metrics::Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge)
    }

    /// An open connection.
    pub(crate) fn connection() -> Self {
        Self::new(gauge!(CONNECTIONS))
    }

    /// A page that waits for news.
    pub(crate) fn page() -> Self {
        Self::new(gauge!(PAGES))
    }

    /// A device's request between admission and answer.
    pub(crate) fn waiting(lane: &'static str) -> Self {
        Self::new(gauge!(WAITING, "lane" => lane))
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// A connection began, or was refused: `accepted`, `full`, `address_full` or `handshake`.
pub(crate) fn connection(outcome: &'static str) {
    counter!(CONNECTIONS_TOTAL, "outcome" => outcome).increment(1);
}

/// How many connections there may be.
pub(crate) fn connection_limits(limits: Connections) {
    gauge!(CONNECTIONS_MOST, "scope" => "total").set(limits.total);
    gauge!(CONNECTIONS_MOST, "scope" => "address").set(limits.each_address);
}

/// The database refused: `busy` or `fault`.
pub(crate) fn database_error(kind: &'static str) {
    counter!(DATABASE_ERRORS, "kind" => kind).increment(1);
}

/// A browser reported a page.
pub(crate) fn csp_report() {
    counter!(CSP).increment(1);
}

/// Sessions that have not ended.
pub(crate) fn sessions(count: i64) {
    #[expect(clippy::cast_precision_loss, reason = "as many as people")]
    gauge!(SESSIONS).set(count as f64);
}

/// Free bytes on the data folder's disk.
pub(crate) fn disk_free(bytes: u64) {
    #[expect(clippy::cast_precision_loss, reason = "nobody minds the last byte of a petabyte")]
    gauge!(DISK).set(bytes as f64);
}

/// When the certificate in use ends, seconds since 1970.
pub(crate) fn certificate_expires(at: i64) {
    #[expect(clippy::cast_precision_loss, reason = "exact for millions of years")]
    gauge!(CERTIFICATE).set(at as f64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_exporter_prometheus::PrometheusRecorder;

    fn kept(work: impl FnOnce()) -> String {
        let recorder: PrometheusRecorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, work);
        recorder.handle().render()
    }

    #[test]
    fn alerts_are_counted_by_outcome() {
        let text = kept(|| {
            alerts(3, 2, 0);
            alerts(1, 0, 1);
        });
        for line in [
            "lapwing_alerts_total{outcome=\"accepted\"} 4",
            "lapwing_alerts_total{outcome=\"duplicate\"} 2",
            "lapwing_alerts_total{outcome=\"refused\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing from:\n{text}");
        }
    }

    #[test]
    fn what_is_there_is_counted_until_it_goes() {
        let text = kept(|| {
            let _first = Present::page();
            drop(Present::page());
            std::mem::forget(Present::waiting("severe"));
        });
        assert!(text.contains("lapwing_live_pages 0"), "{text}");
        assert!(text.contains("lapwing_intake_waiting{lane=\"severe\"} 1"), "{text}");
    }

    #[test]
    fn requests_are_told_apart_by_route_and_status_alone() {
        let text = kept(|| answered("GET", "/episodes/{id}", 200, Duration::from_millis(3)));
        assert!(
            text.contains(r#"lapwing_requests_total{method="GET",route="/episodes/{id}",status="200"} 1"#),
            "{text}"
        );
    }
}
