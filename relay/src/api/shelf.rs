//! Pieces of packs in memory: read from the database once while many ask for them, given to all of them without a copy, and
//! never more than a fixed number at once, whoever reads how slowly. What a request asks for is `super::lists`' business.

use crate::error::Error;
use axum::body::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

/// Pieces, of a megabyte at most, that are in memory at once: on the shelf, and on their way to those who read slowly.
const PLACES: usize = 128;
/// Of these, pieces that stay for the next who asks.
const KEPT: usize = 64;
/// Pieces that are read from the database at once: half of the connections for reading stay for everybody else. While one is
/// read it is there twice.
const READS: usize = 4;
/// Packs whose length is remembered.
const LENGTHS: usize = 64;

/// Which piece: the pack's digest, and its place in it.
pub(super) type Key = (String, u64);

/// Why there is no piece.
#[derive(Debug)]
pub(super) enum Refused {
    /// Every place is taken by a piece that somebody is reading.
    Full,
    /// The database has no such piece.
    Absent,
    /// The database failed.
    Failed(Error),
}

/// The pieces that have just been asked for.
#[derive(Debug)]
pub(crate) struct Shelf {
    kept: usize,
    places: Arc<Semaphore>,
    reads: Semaphore,
    /// The one that was asked for last comes first. None of the locks is held across a wait.
    pieces: Mutex<VecDeque<(Key, Cell)>>,
    lengths: Mutex<HashMap<String, u64>>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self::new(PLACES, KEPT)
    }
}

/// Bytes that give back their place when the last who reads them is done.
#[derive(Debug)]
struct Placed {
    bytes: Vec<u8>,
    _place: OwnedSemaphorePermit,
}

/// A piece on the shelf, or on its way there.
type Cell = Arc<OnceCell<Arc<Placed>>>;

/// A piece in the hands of whoever reads it.
struct Lent(Arc<Placed>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    fn new(places: usize, kept: usize) -> Self {
        Self {
            kept,
            places: Arc::new(Semaphore::new(places)),
            reads: Semaphore::new(READS),
            pieces: Mutex::default(),
            lengths: Mutex::default(),
        }
    }

    /// The length of a pack, which is asked for with `read` when it is not remembered; `None` when there is no such pack.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) async fn length(
        &self,
        digest: &str,
        read: impl Future<Output = Result<Option<u64>, Error>>,
    ) -> Result<Option<u64>, Error> {
        if let Some(length) = locked(&self.lengths).get(digest) {
            return Ok(Some(*length));
        }
        let length = read.await?;
        if let Some(length) = length {
            let mut lengths = locked(&self.lengths);
            if lengths.len() >= LENGTHS {
                lengths.clear();
            }
            lengths.insert(digest.to_owned(), length);
        }
        Ok(length)
    }

    /// A piece, which is read with `read` when it is not here. Whoever asks while the same piece is being read waits for that
    /// reading, and for no other. With `patient`, a place is waited for: whoever has begun an answer must go on with it.
    ///
    /// # Errors
    /// See [`Refused`].
    pub(super) async fn piece(
        &self,
        key: Key,
        patient: bool,
        read: impl Future<Output = Result<Option<Vec<u8>>, Error>>,
    ) -> Result<Bytes, Refused> {
        let cell = self.cell(key);
        let fill = async || {
            let place = self.place(patient).await.ok_or(Refused::Full)?;
            let turn = self.reads.acquire().await.map_err(|error| Refused::Failed(Error::internal(error)))?;
            let bytes = read.await.map_err(Refused::Failed)?.ok_or(Refused::Absent)?;
            drop(turn);
            Ok(Arc::new(Placed { bytes, _place: place }))
        };
        let placed = cell.get_or_try_init(fill).await?;
        Ok(Bytes::from_owner(Lent(Arc::clone(placed))))
    }

    /// Where a piece is or will be; it is now the one that was asked for last.
    fn cell(&self, key: Key) -> Cell {
        let mut pieces = locked(&self.pieces);
        let at = pieces.iter().position(|(known, _)| *known == key);
        let (key, cell) = at.and_then(|at| pieces.remove(at)).unwrap_or_else(|| (key, Arc::default()));
        pieces.push_front((key, Arc::clone(&cell)));
        pieces.truncate(self.kept);
        cell
    }

    async fn place(&self, patient: bool) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                return Some(place);
            }
            if !self.make_room() {
                break;
            }
        }
        if patient { Arc::clone(&self.places).acquire_owned().await.ok() } else { None }
    }

    /// Takes from the shelf what was not asked for the longest, of that which nobody is reading.
    fn make_room(&self) -> bool {
        let mut pieces = locked(&self.pieces);
        let idle = |(_, cell): &(Key, Cell)| cell.get().is_some_and(|placed| Arc::strong_count(placed) == 1);
        let found = pieces.iter().rposition(idle);
        found.and_then(|at| pieces.remove(at)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::{Duration, timeout};

    /// Longer than anything here takes by itself; nothing is judged by it but that something never comes.
    const LONG: Duration = Duration::from_secs(60);

    fn key(name: &str, number: u64) -> Key {
        (name.to_owned(), number)
    }

    async fn gives(shelf: &Shelf, name: &str) -> Result<Bytes, Refused> {
        shelf.piece(key(name, 0), false, async { Ok(Some(name.as_bytes().to_vec())) }).await
    }

    async fn is_not_read(shelf: &Shelf, name: &str) -> bool {
        let read = async { Err(Error::Busy("read".into())) };
        shelf.piece(key(name, 0), false, read).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_the_reading_of_another_piece() {
        let shelf = Arc::new(Shelf::new(4, 4));
        gives(&shelf, "here").await.unwrap();
        let stuck = Arc::clone(&shelf);
        let stuck = tokio::spawn(async move { stuck.piece(key("stuck", 0), false, pending()).await });
        tokio::task::yield_now().await;
        assert_eq!(timeout(LONG, gives(&shelf, "other")).await.unwrap().unwrap(), "other");
        assert!(timeout(LONG, is_not_read(&shelf, "here")).await.unwrap());
        // The same piece is waited for; when that reading ends without it, the next who waits reads it.
        assert!(timeout(LONG, gives(&shelf, "stuck")).await.is_err());
        stuck.abort();
        assert_eq!(timeout(LONG, gives(&shelf, "stuck")).await.unwrap().unwrap(), "stuck");
    }

    #[tokio::test]
    async fn a_piece_is_read_once_for_all_who_ask() {
        let (shelf, reads) = (Shelf::new(4, 4), AtomicUsize::new(0));
        let ask = || {
            shelf.piece(key("a", 0), false, async {
                reads.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(Some(vec![1, 2, 3]))
            })
        };
        let (one, two) = tokio::join!(ask(), ask());
        assert_eq!(one.unwrap().as_ptr(), two.unwrap().as_ptr());
        assert_eq!(reads.into_inner(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_slow_readers_hold_counts_and_the_rest_is_refused_until_they_are_done() {
        let shelf = Shelf::new(3, 2);
        let mut held = Vec::new();
        for name in ["a", "b", "c"] {
            // Slices of a piece hold all of it.
            held.push(gives(&shelf, name).await.unwrap().slice(0..1));
        }
        assert_eq!(shelf.places.available_permits(), 0);
        assert!(matches!(gives(&shelf, "d").await, Err(Refused::Full)));
        assert!(is_not_read(&shelf, "c").await, "what is here is given all the same");
        // Whoever has begun waits, until one of them is done.
        let waits = shelf.piece(key("d", 0), true, async { Ok(Some(b"d".to_vec())) });
        let (waited, ()) = tokio::join!(timeout(LONG, waits), async {
            tokio::task::yield_now().await;
            held.remove(0);
        });
        assert_eq!(waited.unwrap().unwrap(), "d");
    }

    #[tokio::test]
    async fn what_nobody_reads_makes_room_and_the_rest_stays() {
        let shelf = Shelf::new(2, 2);
        let held = gives(&shelf, "a").await.unwrap();
        for name in ["b", "c", "d"] {
            assert_eq!(gives(&shelf, name).await.unwrap(), name);
        }
        assert!(is_not_read(&shelf, "d").await);
        drop(held);
        assert!(!is_not_read(&shelf, "gone").await);
        assert!(matches!(shelf.piece(key("none", 0), false, async { Ok(None) }).await, Err(Refused::Absent)));
    }

    #[tokio::test]
    async fn a_length_is_asked_for_once() {
        let shelf = Shelf::default();
        let ask = async |answer: Result<Option<u64>, Error>| shelf.length("a", async { answer }).await;
        assert_eq!(ask(Ok(None)).await.unwrap(), None);
        assert_eq!(ask(Ok(Some(7))).await.unwrap(), Some(7));
        assert_eq!(ask(Err(Error::Busy("read".into()))).await.unwrap(), Some(7));
    }
}
