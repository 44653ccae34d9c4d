//! The days of the daily test that a chain vouches for, gathered while it is walked, and compared with the rows. Deleting
//! old days is an event as well, so that what is missing without one is a fault.

use super::verify::What;
use crate::db::canary_days::{self, CLOSE, FORGET, KIND, Sum};
use crate::db::chain::Stored;
use crate::error::Error;
use serde::Deserialize;
use sqlx::AnyConnection;
use std::collections::BTreeMap;

/// What an event says of a day.
#[derive(Debug, Deserialize)]
struct Closed {
    rows: u64,
    digest: String,
}

/// What the events of one chain say of its days.
#[derive(Debug, Default)]
pub(super) struct Days {
    closed: BTreeMap<i64, (i64, Sum)>,
    /// The days before this one were deleted.
    forgotten: i64,
}

impl Days {
    /// Takes an event in. Answers whether it can be read, if it is about days at all.
    pub(super) fn take(&mut self, event: &Stored) -> bool {
        if event.object_kind != KIND {
            return true;
        }
        let Ok(day) = event.object_id.parse::<i64>() else { return false };
        match event.action.as_str() {
            FORGET => self.forgotten = self.forgotten.max(day),
            CLOSE => {
                let Ok(closed) = serde_json::from_str::<Closed>(&event.detail) else { return false };
                let sum = Sum { rows: closed.rows, digest: closed.digest };
                // What was said first holds.
                self.closed.entry(day).or_insert((event.seq, sum));
            }
            _ => {}
        }
        true
    }

    /// Compares what was said with the rows of `school`. Answers how many rows were vouched for, and what differs, each with
    /// the number of its event.
    pub(super) async fn check(
        &self,
        db: &mut AnyConnection,
        school: &str,
    ) -> Result<(u64, Vec<(Option<i64>, What)>), Error> {
        let (mut rows, mut faults) = (0, Vec::new());
        let Some(last) = self.closed.keys().next_back() else { return Ok((rows, faults)) };
        for (day, (seq, said)) in self.closed.range(self.forgotten..) {
            rows += said.rows;
            let id = format!("of day {day}");
            match canary_days::sum(db, school, *day).await? {
                Some(found) if found == *said => {}
                Some(_) => faults.push((Some(*seq), What::RowChanged(KIND, id))),
                None => faults.push((Some(*seq), What::RowMissing(KIND, id))),
            }
        }
        for day in canary_days::with_rows(db, school, *last).await? {
            if !self.closed.contains_key(&day) {
                faults.push((None, What::RowUnknown(KIND, format!("of day {day}"))));
            }
        }
        Ok((rows, faults))
    }
}
