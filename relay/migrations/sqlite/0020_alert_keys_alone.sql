-- The schema has the same number on both engines. On SQLite `alert_key` is a view, which refers to nothing.
select 1;
