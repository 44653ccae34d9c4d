-- Here an alert's own primary key says which alerts there are, across all time; a second table of the same ids was a third of
-- the pages that each commit wrote, because ids are made by chance and so lie in as many pages of an index. PostgreSQL needs
-- the table (its alerts lie in parts by time); what is asked of it there, the view answers here.
drop table alert_key;
create view alert_key as select school_id, id, received_at from alert;
-- A backup of PostgreSQL brings rows of that table, and so does the relay of the version before, until it has stopped.
create trigger alert_key_comes instead of insert on alert_key begin
    select 1;
end;
