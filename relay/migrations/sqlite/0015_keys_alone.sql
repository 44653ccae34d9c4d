-- The schema has the same number on both engines. Here alert_key is a view of the alerts, which nothing vouches for.
select 1;
