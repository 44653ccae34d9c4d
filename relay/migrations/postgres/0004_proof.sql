-- The record is only ever added to: what was written once is neither changed nor deleted, whoever asks. Columns that
-- say how far a record has got (a status, who has seen it) may change. A chain only grows, and a destroyed key stays
-- destroyed. Whoever owns the database can take these triggers away; that is what the hash chain is for (src/proof).

create function lapwing_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'a row of % is never changed or deleted', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

create trigger alert_kept before update on alert for each row execute function lapwing_refuse();
create trigger alert_stays before delete on alert for each row execute function lapwing_refuse();
create trigger alert_whole before truncate on alert for each statement execute function lapwing_refuse();

create trigger message_kept before update on message for each row execute function lapwing_refuse();
create trigger message_stays before delete on message for each row execute function lapwing_refuse();
create trigger message_whole before truncate on message for each statement execute function lapwing_refuse();

create trigger involvement_kept before update on involvement for each row execute function lapwing_refuse();
create trigger involvement_stays before delete on involvement for each row execute function lapwing_refuse();
create trigger involvement_whole before truncate on involvement for each statement execute function lapwing_refuse();

create trigger evidence_kept before update on evidence for each row execute function lapwing_refuse();
create trigger evidence_stays before delete on evidence for each row execute function lapwing_refuse();
create trigger evidence_whole before truncate on evidence for each statement execute function lapwing_refuse();

create trigger entry_kept before update on entry for each row execute function lapwing_refuse();
create trigger entry_stays before delete on entry for each row execute function lapwing_refuse();
create trigger entry_whole before truncate on entry for each statement execute function lapwing_refuse();

create trigger person_kept before update on person for each row execute function lapwing_refuse();
create trigger person_stays before delete on person for each row execute function lapwing_refuse();
create trigger person_whole before truncate on person for each statement execute function lapwing_refuse();

create trigger audit_event_kept before update on audit_event for each row execute function lapwing_refuse();
create trigger audit_event_stays before delete on audit_event for each row execute function lapwing_refuse();
create trigger audit_event_whole before truncate on audit_event for each statement execute function lapwing_refuse();

create trigger pupil_report_kept before update of id, school_id, device_id, adult_id, identity, about, sealed, receipt_hash, written_at, received_at on pupil_report for each row execute function lapwing_refuse();
create trigger pupil_report_stays before delete on pupil_report for each row execute function lapwing_refuse();
create trigger pupil_report_whole before truncate on pupil_report for each statement execute function lapwing_refuse();

create trigger concern_kept before update of id, school_id, number, source, reporter_id, occurred_at, occurred_precision, sealed, told_dsl, recorded_at on concern for each row execute function lapwing_refuse();
create trigger concern_stays before delete on concern for each row execute function lapwing_refuse();
create trigger concern_whole before truncate on concern for each statement execute function lapwing_refuse();

create trigger account_stays before delete on account for each row execute function lapwing_refuse();
create trigger chain_head_grows before update on chain_head for each row
    when (new.seq < old.seq or new.school_id <> old.school_id) execute function lapwing_refuse();
create trigger chain_head_stays before delete on chain_head for each row execute function lapwing_refuse();
create trigger sealing_key_destroyed before update on sealing_key for each row
    when (old.destroyed_at is not null and (new.wrapped is not null or new.destroyed_at is null))
    execute function lapwing_refuse();
