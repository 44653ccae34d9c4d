//! Reading devices for the requests that they sign. Those that are asked for while others are being read are read together:
//! most single alerts come from a device that nobody has heard of for some minutes, and on PostgreSQL each would be three ways
//! to the database and back for one row.

use super::Db;
use super::catalogue::Engine;
use super::device_sessions::Stored;
use super::devices::{self, Device};
use super::scope::{self, Scope};
use crate::error::Error;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Most that are read by one statement.
const MOST: usize = 128;
/// How long it may take. Whoever still waits then asks alone, over another connection: one that has gone dead must not hold up all.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the database has of a device: itself and its session, or that there is none.
pub(super) type Read = Option<(Device, Option<Stored>)>;

/// One that is waited for, by its id.
type Wanted = (String, oneshot::Sender<Read>);

#[derive(Debug, Default)]
struct Waiting {
    wanted: Vec<Wanted>,
    /// Whether somebody reads, who will come to these.
    is_read: bool,
}

/// Devices that are waited for. One for the whole process.
#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<Waiting>);

impl Reads {
    /// The device with this id, as it is after this was called.
    pub(super) async fn read(self: &Arc<Self>, db: &Db, id: &str) -> Result<Read, Error> {
        let (answer, answered) = oneshot::channel();
        if self.want((id.to_owned(), answer)) {
            let reader = Reader { reads: Arc::clone(self), is_done: false };
            tokio::spawn(scope::within(Scope::Relay, reader.read_all(db.clone())));
        }
        match answered.await {
            Ok(read) => Ok(read),
            // The whole statement failed, perhaps because of a neighbour: alone it is known whose fault it is.
            Err(_) => devices::find(db.read(), id).await,
        }
    }

    /// Answers whether somebody has to begin to read.
    fn want(&self, wanted: Wanted) -> bool {
        let mut waiting = self.locked();
        waiting.wanted.push(wanted);
        !mem::replace(&mut waiting.is_read, true)
    }

    /// The next to be read, first come first served; none when nobody waits, and then nobody reads any more.
    fn next(&self) -> Option<Vec<Wanted>> {
        let mut waiting = self.locked();
        // Whoever has hung up needs no answer.
        waiting.wanted.retain(|(_, answer)| !answer.is_closed());
        let most = waiting.wanted.len().min(MOST);
        let next: Vec<Wanted> = waiting.wanted.drain(..most).collect();
        waiting.is_read = !next.is_empty();
        waiting.is_read.then_some(next)
    }

    fn locked(&self) -> MutexGuard<'_, Waiting> {
        // Each holder leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever reads at the moment. However it ends, those who still wait then are not left waiting.
struct Reader {
    reads: Arc<Reads>,
    /// Nobody waited any more; whoever waits now is another reader's.
    is_done: bool,
}

impl Reader {
    async fn read_all(mut self, db: Db) {
        while let Some(wanted) = self.reads.next() {
            // Whoever gets no answer asks alone, and hears why.
            let read = tokio::time::timeout(PATIENCE, read_together(&db, &wanted)).await;
            let Ok(Ok(found)) = read else { continue };
            for ((id, answer), read) in wanted.into_iter().zip(found) {
                debug_assert!(read.as_ref().is_none_or(|(device, _)| device.id == id));
                // Who no longer waits needs no answer.
                let _ = answer.send(read);
            }
        }
        self.is_done = true;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let mut waiting = self.reads.locked();
        waiting.is_read = false;
        waiting.wanted.clear();
    }
}

/// The devices, in the order in which they are wanted.
async fn read_together(db: &Db, wanted: &[Wanted]) -> Result<Vec<Read>, Error> {
    let mut connection = db.read().acquire().await?;
    let engine = Engine::of(&connection);
    let ids: Vec<&str> = wanted.iter().map(|(id, _)| id.as_str()).collect();
    let found = devices::find_many(&mut connection, engine, &ids).await?;
    Ok(ids.into_iter().map(|id| found.get(id).cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(reads: &Reads, id: &str) -> (bool, oneshot::Receiver<Read>) {
        let (answer, answered) = oneshot::channel();
        (reads.want((id.to_owned(), answer)), answered)
    }

    #[tokio::test]
    async fn those_that_are_asked_for_meanwhile_are_read_together_and_nobody_is_forgotten() {
        let reads = Arc::<Reads>::default();
        let reader = Reader { reads: Arc::clone(&reads), is_done: false };
        let (begins, _first) = want(&reads, "first");
        assert!(begins);
        assert_eq!(reads.next().unwrap().len(), 1);
        let waiting: Vec<_> = (0..200).map(|number| want(&reads, &number.to_string())).collect();
        assert!(waiting.iter().all(|(begins, _)| !begins), "somebody reads already");
        let together = reads.next().unwrap();
        assert_eq!((together.len(), together[0].0.as_str()), (MOST, "0"));
        // A reader that breaks off leaves nobody waiting, and the next who asks begins anew.
        drop(together);
        drop(reader);
        for (_, answered) in waiting {
            assert!(answered.await.is_err());
        }
        assert!(reads.next().is_none());
        // Who asks and hangs up is not read, and a reader that has ended in order takes nothing from the next.
        assert!(want(&reads, "gone").0);
        assert!(reads.next().is_none());
        let done = Reader { reads: Arc::clone(&reads), is_done: true };
        let (begins, _later) = want(&reads, "later");
        drop(done);
        assert!(begins);
        assert_eq!(reads.next().unwrap()[0].0, "later");
    }
}
