-- The record is only ever added to: what was written once is neither changed nor deleted, whoever asks. Columns that
-- say how far a record has got (a status, who has seen it) may change. A chain only grows, and a destroyed key stays
-- destroyed. Whoever owns the database can take these triggers away; that is what the hash chain is for (src/proof).

create trigger alert_kept before update on alert begin
    select raise(abort, 'a row of alert is never changed');
end;
create trigger alert_stays before delete on alert begin
    select raise(abort, 'a row of alert is never deleted');
end;

create trigger message_kept before update on message begin
    select raise(abort, 'a row of message is never changed');
end;
create trigger message_stays before delete on message begin
    select raise(abort, 'a row of message is never deleted');
end;

create trigger involvement_kept before update on involvement begin
    select raise(abort, 'a row of involvement is never changed');
end;
create trigger involvement_stays before delete on involvement begin
    select raise(abort, 'a row of involvement is never deleted');
end;

create trigger evidence_kept before update on evidence begin
    select raise(abort, 'a row of evidence is never changed');
end;
create trigger evidence_stays before delete on evidence begin
    select raise(abort, 'a row of evidence is never deleted');
end;

create trigger entry_kept before update on entry begin
    select raise(abort, 'a row of entry is never changed');
end;
create trigger entry_stays before delete on entry begin
    select raise(abort, 'a row of entry is never deleted');
end;

create trigger person_kept before update on person begin
    select raise(abort, 'a row of person is never changed');
end;
create trigger person_stays before delete on person begin
    select raise(abort, 'a row of person is never deleted');
end;

create trigger audit_event_kept before update on audit_event begin
    select raise(abort, 'a row of audit_event is never changed');
end;
create trigger audit_event_stays before delete on audit_event begin
    select raise(abort, 'a row of audit_event is never deleted');
end;

create trigger pupil_report_kept before update of id, school_id, device_id, adult_id, identity, about, sealed, receipt_hash, written_at, received_at on pupil_report begin
    select raise(abort, 'a row of pupil_report is never changed');
end;
create trigger pupil_report_stays before delete on pupil_report begin
    select raise(abort, 'a row of pupil_report is never deleted');
end;

create trigger concern_kept before update of id, school_id, number, source, reporter_id, occurred_at, occurred_precision, sealed, told_dsl, recorded_at on concern begin
    select raise(abort, 'a row of concern is never changed');
end;
create trigger concern_stays before delete on concern begin
    select raise(abort, 'a row of concern is never deleted');
end;

create trigger account_stays before delete on account begin
    select raise(abort, 'an account is closed, never deleted');
end;
create trigger chain_head_grows before update on chain_head when new.seq < old.seq or new.school_id <> old.school_id begin
    select raise(abort, 'a chain only grows');
end;
create trigger chain_head_stays before delete on chain_head begin
    select raise(abort, 'a chain is never deleted');
end;
create trigger sealing_key_destroyed before update on sealing_key
when old.destroyed_at is not null and (new.wrapped is not null or new.destroyed_at is null) begin
    select raise(abort, 'a destroyed key stays destroyed');
end;
