//! Whose turn it is to change SQLite's database. There is one connection for that, and a turn outlasts its use: whoever comes
//! next does not touch the connection before it is known how the last commit ended. PostgreSQL's writers do not take turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long to wait for a turn: as long as for a connection.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The line.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns {
    line: Option<Arc<Mutex<()>>>,
    doubt: Arc<AtomicBool>,
}

/// A turn; the next begins when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    doubt: Arc<AtomicBool>,
    _line: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// One at a time.
    pub(super) fn sqlite() -> Self {
        Self { line: Some(Arc::default()), doubt: Arc::default() }
    }

    /// The next turn.
    ///
    /// # Errors
    /// When it does not come in time.
    pub(super) async fn next(&self) -> Result<Turn, sqlx::Error> {
        let line = match &self.line {
            None => None,
            Some(line) => {
                let line = tokio::time::timeout(PATIENCE, Arc::clone(line).lock_owned()).await;
                Some(line.map_err(|_| sqlx::Error::PoolTimedOut)?)
            }
        };
        Ok(Turn { doubt: Arc::clone(&self.doubt), _line: line })
    }
}

impl Turn {
    /// Whether a commit failed and nobody has settled since what the disk holds of it.
    pub(super) fn is_doubtful(&self) -> bool {
        self.doubt.load(Ordering::Acquire)
    }

    /// A commit failed, or may have: nobody knows what the disk holds of it.
    pub(super) fn is_in_doubt(&self) {
        self.doubt.store(true, Ordering::Release);
    }

    /// Now it is known again.
    pub(super) fn is_settled(&self) {
        self.doubt.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_comes_next_knows_how_the_last_turn_ended() {
        let turns = Turns::sqlite();
        let turn = turns.next().await.unwrap();
        assert!(!turn.is_doubtful());
        assert!(turns.next().await.is_err(), "the turn is taken");
        turn.is_in_doubt();
        drop(turn);
        let turn = turns.next().await.unwrap();
        assert!(turn.is_doubtful());
        turn.is_settled();
        drop(turn);
        assert!(!turns.next().await.unwrap().is_doubtful());
    }

    #[tokio::test(start_paused = true)]
    async fn where_several_may_write_nobody_waits() {
        let turns = Turns::default();
        let _one = turns.next().await.unwrap();
        assert!(turns.next().await.is_ok());
    }
}
