-- The schema has the same number on both engines. On SQLite `alert_key` is now a view of `alert`; here it stays a table.
select 1;
