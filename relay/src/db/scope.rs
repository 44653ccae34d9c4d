//! Whose rows a task may reach: the second wall, behind the `where school_id = $1` of every query.
//!
//! A scope belongs to a task and starts as [`Scope::Nobody`]. The gate sets it to the school of the session, the check
//! of a device's signature to the device's; sign-in, intake, start-up and the command line say [`Scope::Relay`]. On
//! PostgreSQL each connection is told the scope as it leaves the pool (`pool`), and row-level security (migration
//! `0003_walls`) shows no other rows, whatever a query forgets. SQLite has no such wall: there the scope changes nothing.
//!
//! A spawned task, and a body that is streamed after the handler has answered, start as nobody: they say their scope
//! themselves, with [`within`].

use sqlx::AnyConnection;
use std::cell::RefCell;
use std::sync::Arc;

/// Whose rows can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Nobody's.
    Nobody,
    /// Those of one school, by id.
    School(Arc<str>),
    /// Every school's: for finding out who asks, for what is not any one school's, and for whoever runs the server.
    Relay,
}

impl Scope {
    /// The rows of the school with this id.
    pub(crate) fn school(id: &str) -> Self {
        Self::School(id.into())
    }

    /// As PostgreSQL's policies compare it with a row's `school_id`. No id is empty or a star.
    fn setting(&self) -> &str {
        match self {
            Self::Nobody => "",
            Self::School(id) => id,
            Self::Relay => "*",
        }
    }
}

tokio::task_local! {
    static SCOPE: RefCell<Scope>;
}

/// Runs `work` with the rows of `scope` in reach.
pub(crate) async fn within<F: Future>(scope: Scope, work: F) -> F::Output {
    SCOPE.scope(RefCell::new(scope), work).await
}

/// Narrows the rest of this task from the whole relay to one school: whoever asks has just been found out. It never
/// widens: a task of one school that settles on another reaches nobody's rows from then on.
pub(crate) fn settle(school: &str) {
    let _ = SCOPE.try_with(|scope| {
        let settled = match &*scope.borrow() {
            Scope::Relay => Scope::school(school),
            Scope::School(id) if **id == *school => return,
            Scope::School(_) | Scope::Nobody => Scope::Nobody,
        };
        *scope.borrow_mut() = settled;
    });
}

/// Whose rows this task may reach.
pub(crate) fn current() -> Scope {
    SCOPE.try_with(|scope| scope.borrow().clone()).unwrap_or(Scope::Nobody)
}

/// Tells a PostgreSQL connection whose rows its next user may reach.
pub(super) async fn tell(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let setting = current().setting().to_owned();
    sqlx::query("select set_config('lapwing.school', $1, false)").bind(setting).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_reaches_nobodys_rows_until_it_says_whose() {
        assert_eq!(current(), Scope::Nobody);
        within(Scope::school("oak"), async {
            assert_eq!(current(), Scope::school("oak"));
            let spawned = tokio::spawn(async { current() });
            assert_eq!(spawned.await.unwrap(), Scope::Nobody);
        })
        .await;
        assert_eq!(current(), Scope::Nobody);
    }

    #[tokio::test]
    async fn settling_only_narrows() {
        within(Scope::Relay, async {
            settle("oak");
            assert_eq!(current(), Scope::school("oak"));
            settle("oak");
            assert_eq!(current(), Scope::school("oak"));
            settle("ash");
            assert_eq!(current(), Scope::Nobody);
        })
        .await;
        settle("oak");
        assert_eq!(current(), Scope::Nobody, "without a scope there is nothing to narrow");
    }
}
