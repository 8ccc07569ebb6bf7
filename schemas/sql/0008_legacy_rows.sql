-- Rows of the legacy system live in the same two tables: a claim of it has no event_id, a root of it no recipe. They are kept as they
-- are, whatever they hold; what was demanded of every row is demanded of ours.

alter table claims
  alter column channel drop not null, alter column user_pubkey drop not null, alter column slot drop not null,
  alter column status drop not null, alter column event_id drop not null, alter column signature drop not null,
  alter column epoch drop not null, alter column amount drop not null, alter column claim_id drop not null,
  alter column commitment drop not null, alter column proven drop not null, alter column vouchers drop not null,
  alter column stream_partition drop not null, alter column stream_offset drop not null,
  drop constraint claims_status_check,
  add constraint claims_of_ours check (case when event_id is null
    then num_nonnulls(signature, epoch, claim_epoch, claim_index, amount, claim_id, protocol_state, commitment, proven, vouchers,
      sightings, unproven_slot, stream_partition, stream_offset, proven_offset, root_id, leaf_index, changed_offset) = 0
    else num_nulls(channel, user_pubkey, slot, status, signature, epoch, amount, claim_id, commitment, proven, vouchers,
      stream_partition, stream_offset) = 0
      and status in ('pending', 'included', 'settled', 'retracted', 'late', 'unproven') end);
comment on column claims.event_id is '<signature>/<outer index>[.<inner index>]; null: a row of the legacy system, which is in no root of ours and is never counted';

alter table roots
  alter column epoch drop not null, alter column channel drop not null, alter column root drop not null,
  alter column count drop not null, alter column finalized_at drop not null, alter column status drop not null,
  alter column recipe drop not null, alter column odd_node drop not null, alter column start_slot drop not null,
  alter column end_slot drop not null, alter column finalized_slot drop not null, alter column source_partition drop not null,
  alter column source_offset drop not null, alter column record_partition drop not null, alter column record_offset drop not null,
  drop constraint roots_root_check, drop constraint roots_status_check, drop constraint roots_channel_epoch_key,
  add constraint roots_of_ours check (case when recipe is null
    then num_nonnulls(odd_node, start_slot, end_slot, finalized_slot, source_partition, source_offset, record_partition,
      record_offset, settled_at, tx_signature) = 0
    else num_nulls(epoch, channel, root, count, finalized_at, status, odd_node, start_slot, end_slot, finalized_slot,
      source_partition, source_offset, record_partition, record_offset) = 0
      and root ~ '^[0-9a-f]{64}$' and status in ('ready_for_settlement', 'settled') end);
comment on column roots.recipe is 'null: a row of the legacy system, which is never built, published or counted';
comment on column roots.root is 'of ours: 64 lower-case hex digits, no 0x';
create unique index roots_channel_epoch on roots (channel, epoch) where recipe is not null;
create index roots_legacy on roots (lower(channel collate "C"), epoch) where recipe is null;
create index claims_legacy on claims (user_pubkey, slot desc, id desc) where event_id is null;

-- As before, of ours alone.
drop index roots_unbuilt, roots_unmarked, roots_unseen;
create index roots_to_build on roots (id) where tree_state = 'pending' and recipe is not null;
create index roots_to_mark on roots (id) where status = 'settled' and not claims_settled and recipe is not null;
create index roots_to_see on roots (id) where status = 'settled' and not publication_seen and recipe is not null;

create or replace view settlement_alarms as
select r.id as root_id, r.channel, r.epoch, r.root, r.settled_at, r.tx_signature,
       'other_bytes' as kind, p.root as seen_root, p.signature as seen_signature
from published_roots p
-- One look-up a publication, whatever the statistics say: open ones are few.
cross join lateral (
  select * from roots where roots.channel = p.channel and roots.recipe is not null
    and roots.epoch = case when p.epoch < 9223372036854775808 then p.epoch::bigint end
  offset 0) r
where p.proven and not p.agrees and p.root <> r.root and r.status = 'settled'
  -- The legacy system's publications stand below.
  and p.epoch >= (select min(epoch) from roots where recipe is not null)::numeric
union all
select r.id, r.channel, r.epoch, r.root, r.settled_at, r.tx_signature, 'not_seen', null, null
from roots r
where r.status = 'settled' and not r.publication_seen and r.recipe is not null
  and not exists (select from published_roots p
                  where p.channel = r.channel and p.epoch = r.epoch::numeric and p.proven offset 0)
  and exists (select from settlement_log l
              join coverage c on l.slot between c.from_slot and c.to_slot
              where l.root_id = r.id and l.ledger_status = 'FINALIZED'
                and c.stream_partition = r.source_partition offset 0);

create table if not exists adopted_tables (
  name text primary key,
  before jsonb not null,
  adopted_at timestamp not null default (now() at time zone 'utc')
);
comment on table adopted_tables is 'Tables of the legacy system that were here first and hold our rows beside its own now, and what they were like before: ao migrate --back-to-legacy makes them so again. Empty where all tables are ours.';
