-- What is once found to stand on chain as we recorded it is not looked at again: the alarms cost what is open, not what there is.

alter table roots add column publication_seen boolean not null default false;
comment on column roots.publication_seen is 'whether a proven publication with its bytes is stored; noted by the sink beside the consuming';
create index roots_unseen on roots (id) where status = 'settled' and not publication_seen;

alter table published_roots add column agrees boolean not null default false;
comment on column published_roots.agrees is 'whether it was found to have the bytes of the root stored for its channel and epoch';
create index published_roots_open on published_roots (epoch) where proven and not agrees;
create index roots_mismatch on roots (id) where tree_state = 'mismatch';

create or replace view settlement_alarms as
select r.id as root_id, r.channel, r.epoch, r.root, r.settled_at, r.tx_signature,
       'other_bytes' as kind, p.root as seen_root, p.signature as seen_signature
from published_roots p
-- One look-up a publication, whatever the statistics say: open ones are few.
cross join lateral (
  select * from roots where roots.channel = p.channel
    and roots.epoch = case when p.epoch < 9223372036854775808 then p.epoch::bigint end
  offset 0) r
where p.proven and not p.agrees and p.root <> r.root and r.status = 'settled'
  -- The legacy system's publications stand below.
  and p.epoch >= (select min(epoch) from roots)::numeric
union all
select r.id, r.channel, r.epoch, r.root, r.settled_at, r.tx_signature, 'not_seen', null, null
from roots r
where r.status = 'settled' and not r.publication_seen
  and not exists (select from published_roots p
                  where p.channel = r.channel and p.epoch = r.epoch::numeric and p.proven offset 0)
  and exists (select from settlement_log l
              join coverage c on l.slot between c.from_slot and c.to_slot
              where l.root_id = r.id and l.ledger_status = 'FINALIZED'
                and c.stream_partition = r.source_partition offset 0);
