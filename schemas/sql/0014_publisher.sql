-- Who publishes roots while two systems could: settlement with SETTLEMENT_FOLLOWS_CUTOVER=true sends nothing while it is the legacy one.

alter table cutover add publisher text check (publisher in ('legacy', 'new'));
update cutover set publisher = case
  when phase = 0 and toward is null and not exists (select from cutover_log) then null
  when phase >= 2 and toward is distinct from 'back' then 'new'
  else 'legacy' end;
comment on column cutover.publisher is 'who publishes roots; null: no cut-over was ever begun';
