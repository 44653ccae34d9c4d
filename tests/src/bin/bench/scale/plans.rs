//! What the server says of each statement that the relay ran: `auto_explain` writes its plan, with what it really did, into
//! the server's log.

use anyhow::{Context, Result};
use lapwing_tests::load::Store;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Pages of 8 KiB that one statement of a page may touch: a list of two hundred rows with what belongs to each.
const MOST_PAGES: u64 = 6_000;

/// What reading a table that is empty, or nearly so, from end to end may touch.
const FEW_PAGES: u64 = 50;

/// Tables that grow with use. Reading one from end to end is always wrong.
const LARGE: [&str; 5] = ["alert", "alert_key", "audit_event", "episode", "record_key"];

/// A statement, over all the times that it was run.
pub(super) struct Statement {
    text: String,
    calls: u64,
    pages: u64,
    slowest: f64,
    indexes: BTreeSet<String>,
    /// Large tables that were read from end to end.
    scanned: BTreeSet<String>,
}

/// Makes each connection that opens from now on explain what it does.
pub(super) async fn explain_from_now_on(store: &Store) -> Result<()> {
    let mut db = store.open().await?;
    // Only with the library in memory does the server know its settings.
    for sql in [
        "load 'auto_explain'",
        "alter system set session_preload_libraries = 'auto_explain'",
        "alter system set auto_explain.log_min_duration = 0",
        "alter system set auto_explain.log_analyze = on",
        "alter system set auto_explain.log_buffers = on",
        "alter system set auto_explain.log_format = 'json'",
        "alter system set log_line_prefix = ''",
        "select case when pg_reload_conf() then 1 else 0 end",
    ] {
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.context(sql)?;
    }
    db.close().await?;
    Ok(())
}

/// The plans in the part of the log after `from` bytes, those of the same statement together.
pub(super) fn read(log: &Path, from: u64) -> Result<Vec<Statement>> {
    let text = std::fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
    let text = text.get(usize::try_from(from)?..).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let mut statements: BTreeMap<String, Statement> = BTreeMap::new();
    // A plan is the indented lines after the one that announces it.
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.ends_with("plan:") {
            continue;
        }
        let mut plan = String::new();
        while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
            plan.push_str(more);
        }
        let plan: Value = serde_json::from_str(&plan).context("a plan in the log is not JSON")?;
        let query = plan.get("Query Text").and_then(Value::as_str).unwrap_or_default();
        let root = plan.get("Plan").context("a plan has no root")?;
        let kept = statements.entry(shortened(query)).or_insert_with_key(|text| Statement {
            text: text.clone(),
            calls: 0,
            pages: 0,
            slowest: 0.0,
            indexes: BTreeSet::new(),
            scanned: BTreeSet::new(),
        });
        kept.calls += 1;
        let count = |name: &str| root.get(name).and_then(Value::as_u64).unwrap_or(0);
        kept.pages = kept.pages.max(count("Shared Hit Blocks") + count("Shared Read Blocks"));
        let time = root.get("Actual Total Time").and_then(Value::as_f64).unwrap_or(0.0);
        kept.slowest = kept.slowest.max(time);
        walk(root, kept);
    }
    Ok(statements.into_values().collect())
}

/// Statements over many rows differ in how many.
fn shortened(query: &str) -> String {
    let words = query.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.split_once("values ($1") {
        Some((before, after)) => {
            let rest = after.rsplit_once(')').map_or("", |(_, rest)| rest);
            // What follows the rows, such as “on conflict” or the join that they are part of.
            let tail = after.find(") v").and_then(|at| after.get(at..)).unwrap_or(rest);
            format!("{before}values …{tail}")
        }
        None => words,
    }
}

fn walk(node: &Value, into: &mut Statement) {
    let text = |name: &str| node.get(name).and_then(Value::as_str).unwrap_or_default();
    let used = node.get("Actual Loops").and_then(Value::as_u64).unwrap_or(0) > 0;
    if used && !text("Index Name").is_empty() {
        into.indexes.insert(text("Index Name").to_owned());
    }
    let pages = |name: &str| node.get(name).and_then(Value::as_u64).unwrap_or(0);
    // An empty month is read from end to end, and nothing is read.
    let read = pages("Shared Hit Blocks") + pages("Shared Read Blocks");
    if used && text("Node Type") == "Seq Scan" && is_large(text("Relation Name")) && read > FEW_PAGES {
        into.scanned.insert(text("Relation Name").to_owned());
    }
    for child in node.get("Plans").and_then(Value::as_array).into_iter().flatten() {
        walk(child, into);
    }
}

/// Whether this is a large table or one of its months.
fn is_large(relation: &str) -> bool {
    LARGE.iter().any(|large| {
        relation == *large || relation.strip_prefix(large).is_some_and(|rest| rest.starts_with("_20"))
    })
}

/// What is wrong, in words; nothing when all is well.
pub(super) fn wrong(statements: &[Statement]) -> Vec<String> {
    let mut wrong = Vec::new();
    for statement in statements {
        if !statement.scanned.is_empty() {
            wrong.push(format!("reads {:?} from end to end: {}", statement.scanned, statement.text));
        }
        if statement.pages > MOST_PAGES {
            wrong.push(format!("touches {} pages: {}", statement.pages, statement.text));
        }
    }
    wrong
}

/// One line a statement, those that touch most first.
pub(super) fn table(statements: &[Statement]) -> Vec<String> {
    let mut sorted: Vec<_> = statements.iter().collect();
    sorted.sort_by_key(|statement| std::cmp::Reverse(statement.pages));
    let line = |statement: &&Statement| {
        let start: String = statement.text.chars().take(110).collect();
        let Statement { pages, slowest, calls, .. } = statement;
        format!("{pages:>6} pages {slowest:>8.2} ms {calls:>5} times  {start}")
    };
    sorted.iter().map(line).collect()
}

/// The same for programs.
pub(super) fn json(statements: &[Statement]) -> Value {
    let each = statements.iter().map(|statement| {
        json!({
            "statement": statement.text, "calls": statement.calls, "pages": statement.pages,
            "slowest_ms": statement.slowest, "indexes": statement.indexes,
        })
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read_from_a_log_and_judged() {
        let plan = |node: &str, relation: &str| {
            format!(
                "LOG:  duration: 0.1 ms  plan:\n\t{{\"Query Text\": \"select  1 from {relation}\",\n\t\"Plan\": {{\"Node Type\": \
                 \"Limit\", \"Actual Loops\": 1, \"Shared Hit Blocks\": 7, \"Plans\": [{{\"Node Type\": \"{node}\", \
                 \"Relation Name\": \"{relation}\", \"Actual Loops\": 1, \"Shared Read Blocks\": 900}}]}}}}\nLOG:  something else\n"
            )
        };
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let text =
            [plan("Seq Scan", "alert_2026_11"), plan("Seq Scan", "school"), plan("Index Scan", "episode")]
                .concat();
        std::fs::write(&log, text).unwrap();
        let seen = read(&log, 0).unwrap();
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|statement| statement.pages == 7 && statement.calls == 1));
        let wrong = wrong(&seen);
        assert!(wrong.len() == 1 && wrong[0].contains("alert_2026_11"), "{wrong:?}");
    }

    #[test]
    fn statements_over_many_rows_are_one_statement() {
        let two = shortened("insert into t (a) values ($1), ($2) on conflict do nothing");
        assert_eq!(two, shortened("insert into t (a)\n values ($1) on conflict do nothing"));
        assert_ne!(two, shortened("insert into u (a) values ($1)"));
        let joined =
            shortened("select 1 from (values ($1, $2), ($3, $4)) v cross join t where f(v.column1) = 2");
        assert_eq!(joined, "select 1 from (values …) v cross join t where f(v.column1) = 2");
    }
}
