-- Who said last what a source is, or gave its file: where a school wants two people, they are the first of the two for what the
-- relay proposes of it. Empty before anybody changed it; who added it stands in made_by.
alter table list_source add column changed_by text not null default '';
