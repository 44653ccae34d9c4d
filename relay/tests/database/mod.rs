//! A fresh database for each test: SQLite, or PostgreSQL for the tests that `on_postgres.rs` runs once more.
//!
//! The first test that wants PostgreSQL starts a server of its own, as a user without rights, on a socket in a
//! temporary folder. It stops when the test program ends, however it ends.

// Each test program uses a part of this; a helper that fails fails its test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lapwing_relay::Db;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Row as _};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// A fresh database with the schema in it.
pub(crate) struct Database {
    /// As the relay opens it.
    pub(crate) db: Db,
    /// A way past the relay and its walls, to put rows in and look at them.
    pub(crate) pool: AnyPool,
    /// Where it is, for a second relay.
    pub(crate) url: String,
    /// A folder for the relay's files.
    pub(crate) folder: TempDir,
}

impl Database {
    /// Opens a fresh database of the engine that this test program is for.
    pub(crate) async fn open() -> Self {
        let url = if is_postgres() { Some(fresh_postgres().await) } else { None };
        Self::at(tempfile::tempdir().unwrap(), url).await
    }

    /// Opens PostgreSQL at `url`, or SQLite in `folder`.
    pub(crate) async fn at(folder: TempDir, url: Option<String>) -> Self {
        let (db, url, past) = match url {
            Some(url) => {
                // The relay is an ordinary role, which row-level security holds; the test's own way in is not.
                let past = url.replace("user=relay", "user=lapwing");
                (Db::postgres(&url.parse().unwrap()).await.unwrap(), url, past)
            }
            None => {
                let file = folder.path().join("lapwing.db");
                let url = format!("sqlite://{}", file.display());
                (Db::sqlite(&file).await.unwrap(), url.clone(), url)
            }
        };
        let pool = AnyPoolOptions::new().max_connections(1).connect(&past).await.unwrap();
        Self { db, pool, url, folder }
    }

    /// One number.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query(sql).fetch_one(&self.pool).await.unwrap().try_get(0).unwrap()
    }

    /// How many audit rows name this action.
    pub(crate) async fn actions(&self, action: &str) -> i64 {
        let row = sqlx::query("select count(*) from audit_event where action = $1").bind(action.to_owned());
        row.fetch_one(&self.pool).await.unwrap().try_get(0).unwrap()
    }

    /// One text.
    pub(crate) async fn text(&self, sql: &'static str) -> String {
        sqlx::query(sql).fetch_one(&self.pool).await.unwrap().try_get(0).unwrap()
    }
}

struct Server {
    socket: String,
    // Its standard input is what keeps the server running.
    _watched: Child,
}

static SERVER: OnceLock<Server> = OnceLock::new();

/// Whether this test program is the one for PostgreSQL.
pub(crate) fn is_postgres() -> bool {
    module_path!().starts_with("on_postgres")
}

/// The address of a new, empty database for the role `relay`, which owns it.
pub(crate) async fn fresh_postgres() -> String {
    sqlx::any::install_default_drivers();
    let name = format!("t{}", uuid::Uuid::new_v4().simple());
    let pool =
        AnyPoolOptions::new().max_connections(1).connect(&address("postgres", "lapwing")).await.unwrap();
    let create = format!("create database {name} owner relay");
    sqlx::query(sqlx::AssertSqlSafe(create)).execute(&pool).await.unwrap();
    pool.close().await;
    address(&name, "relay")
}

fn address(database: &str, user: &str) -> String {
    let socket = &SERVER.get_or_init(start).socket;
    format!("postgres:///{database}?host={socket}&user={user}")
}

fn start() -> Server {
    let mut child = Command::new("sh")
        .args(["-c", include_str!("postgres.sh")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let socket = line.trim().to_owned();
    assert!(
        !socket.is_empty(),
        "PostgreSQL could not be started (see above). If it is missing: apt-get install -y postgresql"
    );
    Server { socket, _watched: child }
}
