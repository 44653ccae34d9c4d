-- Which alerts there are is asked and said for each that comes, and each time PostgreSQL looked up its school as well. Only the
-- relay writes here, from a device's row, which has the school; the alerts themselves have never referred to it.
alter table alert_key drop constraint if exists alert_key_school_id_fkey;
