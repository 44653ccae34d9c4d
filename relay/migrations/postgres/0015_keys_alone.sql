-- A key is claimed in the transaction of its alert, whose school comes from the device's row, which names a school that is
-- there. PostgreSQL looked the school's row up, and locked it, once more for each alert.
-- While a long transaction of another relay holds the table, everything that comes behind this would wait too: rather the
-- start of the new relay fails, and is tried again.
set local lock_timeout = '5s';
alter table alert_key drop constraint alert_key_school_id_fkey;
