-- Tables of the platform: claims, roots, epochs and settlement_log of the target architecture with their columns, and what
-- was added to them. Written by the Postgres sink only. Every `timestamp` is UTC. Names resolve through search_path.

create table roots (
  id serial primary key,
  epoch bigint not null,
  channel varchar not null,
  root varchar not null check (root ~ '^[0-9a-f]{64}$'),
  count int not null,
  finalized_at timestamp not null,
  status varchar not null default 'ready_for_settlement' check (status in ('ready_for_settlement', 'settled')),
  -- Added: how the root was made, from what, and whether this database has made it again.
  recipe text not null,
  odd_node text not null,
  start_slot bigint not null,
  end_slot bigint not null,
  finalized_slot bigint not null,
  source_partition int not null,
  source_offset bigint not null,
  record_partition int not null,
  record_offset bigint not null,
  tree_state text not null default 'pending' check (tree_state in ('pending', 'built', 'mismatch')),
  settled_at timestamp,
  tx_signature text,
  claims_settled boolean not null default false,
  unique (channel, epoch)
);
create index roots_epoch on roots (epoch);
create index roots_source on roots (source_partition, source_offset);
create index roots_unbuilt on roots (id) where tree_state = 'pending';
create index roots_unmarked on roots (id) where status = 'settled' and not claims_settled;
comment on column roots.root is '64 lower-case hex digits, no 0x';
comment on column roots.count is 'leaves of the tree';
comment on column roots.finalized_at is 'block time of the watermark that finalised it, UTC';
comment on column roots.source_offset is 'offset of that watermark in partition source_partition of the event topic: claims with proven_offset up to it are in the root';
comment on column roots.record_offset is 'offset of the record in partition record_partition of the roots topic';
comment on column roots.tree_state is 'pending: its claims are not all here, or not hashed yet; built: tree_nodes has the tree and its root is this one; mismatch: the claims here give another root, no proof is served';
comment on column roots.claims_settled is 'whether status settled has reached all of its claims';

create table claims (
  id serial primary key,
  channel varchar not null,
  user_pubkey varchar collate "C" not null,
  slot bigint not null,
  claim_timestamp timestamp,
  status varchar not null default 'pending'
    check (status in ('pending', 'included', 'settled', 'retracted', 'late', 'unproven')),
  -- Added: identity, the instruction's arguments, and how far the claim is proven.
  event_id text collate "C" not null unique,
  signature text collate "C" not null,
  epoch bigint not null,
  claim_epoch numeric(20),
  claim_index bigint,
  amount numeric(20) not null,
  claim_id text not null,
  protocol_state text collate "C",
  commitment text collate "C" not null check (commitment in ('confirmed', 'finalized')),
  proven boolean not null,
  vouchers text[] not null,
  sightings jsonb,
  unproven_slot bigint,
  stream_partition int not null,
  stream_offset bigint not null,
  proven_offset bigint,
  root_id int,
  leaf_index int,
  check (proven = (proven_offset is not null)),
  check ((root_id is null) = (leaf_index is null))
) with (fillfactor = 85);
create index claims_of_user on claims (user_pubkey, slot desc, id desc);
create index claims_of_epoch on claims (epoch, channel);
create index claims_unproven on claims (stream_partition, unproven_slot) where unproven_slot is not null;
comment on table claims is 'Counted claims: succeeded claim instructions of the deployment''s mint, one row an event. Failed ones stay in the event topic.';
comment on column claims.claim_timestamp is 'block time, UTC; null where the node knew none';
comment on column claims.status is 'pending; included: in a root; settled: that root is final on chain; retracted: no source stands by it, or it failed at finality; late: proven after the root of its epoch; unproven: nobody has proven it and its epoch is finalised';
comment on column claims.event_id is '<signature>/<outer index>[.<inner index>]';
comment on column claims.epoch is 'by slot: EPOCH_BASE + floor(slot / EPOCH_DURATION_SLOTS)';
comment on column claims.claim_epoch is 'the epoch argument of the instruction, as on chain';
comment on column claims.claim_index is 'the index argument of the instruction, as on chain';
comment on column claims.amount is 'base units of the mint';
comment on column claims.claim_id is 'the id argument of the instruction';
comment on column claims.commitment is 'finalized once nothing can change the row''s content any more';
comment on column claims.proven is 'vouched for by a finalized record, or by a watermark of a source that saw it';
comment on column claims.vouchers is 'ids of the listeners that stand by the claim';
comment on column claims.sightings is 'until it is proven: the last record of each source, with its offset and content';
comment on column claims.unproven_slot is 'lowest slot at which a voucher saw it, while it is unproven; null otherwise';
comment on column claims.stream_offset is 'offset of its first counted record in partition stream_partition of the event topic';
comment on column claims.proven_offset is 'offset of the record that proved it';
-- No foreign key: the check on each of a million rows of a root would cost more than the row, and roots are never deleted.
comment on column claims.root_id is 'roots.id of the root that holds it';
comment on column claims.leaf_index is 'position of its leaf in that root''s tree';

create table epochs (
  epoch bigint primary key,
  start_slot bigint not null,
  end_slot bigint not null,
  finalized_at timestamp
);
comment on table epochs is 'Epochs that hold counted claims. finalized_at: of the newest root of the epoch, UTC; null before the first. What proves their slots: epoch_coverage.';

create table coverage (
  stream_partition int not null,
  source text collate "C" not null,
  method text collate "C" not null,
  endpoint text collate "C" not null,
  from_slot bigint not null,
  to_slot bigint not null check (to_slot >= from_slot),
  block_time timestamp not null,
  watermarks bigint not null,
  signatures bigint not null,
  last_offset bigint not null,
  primary key (stream_partition, source, method, endpoint, from_slot)
);
comment on table coverage is 'Slot ranges that watermarks have proven, adjacent ones merged, and how: by which listener, method and RPC host.';
comment on column coverage.block_time is 'of the newest watermark in the range, UTC';
comment on column coverage.signatures is 'signatures of the program that the walks of the range saw';
comment on column coverage.last_offset is 'offset of the newest watermark merged into the range';

create view epoch_coverage as
select e.epoch, c.stream_partition, c.source, c.method, c.endpoint,
       greatest(c.from_slot, e.start_slot) as from_slot, least(c.to_slot, e.end_slot) as to_slot
from epochs e
join coverage c on c.from_slot <= e.end_slot and c.to_slot >= e.start_slot;
comment on view epoch_coverage is 'What proves an epoch: the proven ranges inside it. An epoch''s roots are final only where these cover it whole in their partition.';

create table settlement_log (
  id serial primary key,
  root_id int references roots (id),
  tx_signature varchar,
  settled_at timestamp,
  status varchar not null check (status in ('pending_confirmation', 'confirmed', 'failed', 'held', 'conflict')),
  -- Added: the ledger's record of the attempt.
  error_message text,
  ledger_status text not null
    check (ledger_status in ('PENDING', 'CONFIRMED', 'FINALIZED', 'FAILED', 'CONFLICT', 'ALREADY_SETTLED', 'HELD')),
  channel varchar not null,
  epoch bigint not null,
  root varchar not null,
  attempt int not null,
  slot bigint,
  fee_lamports numeric(20),
  compute_units bigint,
  last_valid_block_height bigint,
  recorded_at timestamp not null,
  worker text not null,
  ledger_partition int not null,
  ledger_offset bigint not null
);
create unique index settlement_log_attempt
  on settlement_log (channel, epoch, root, attempt, coalesce(tx_signature, ''));
create index settlement_log_root on settlement_log (root_id);
create index settlement_log_offset on settlement_log (ledger_partition, ledger_offset);
comment on table settlement_log is 'One row an attempt to publish a root (attempt 0: no transaction was made), with its newest state.';
comment on column settlement_log.root_id is 'null until the root''s own record has arrived';
comment on column settlement_log.status is 'ledger_status in the words of the target architecture; confirmed means final on chain';
comment on column settlement_log.settled_at is 'when the worker recorded that it is final, UTC';
comment on column settlement_log.ledger_offset is 'offset of the attempt''s newest record in partition ledger_partition of the settlements topic';

create table published_roots (
  event_id text collate "C" primary key,
  signature text collate "C" not null,
  channel varchar not null,
  epoch numeric(20) not null,
  root varchar not null,
  slot bigint not null,
  published_at timestamp,
  protocol_state text collate "C",
  status varchar not null check (status in ('pending', 'seen', 'retracted')),
  commitment text collate "C" not null check (commitment in ('confirmed', 'finalized')),
  proven boolean not null,
  vouchers text[] not null,
  sightings jsonb,
  unproven_slot bigint,
  stream_partition int not null,
  stream_offset bigint not null,
  proven_offset bigint,
  check (proven = (proven_offset is not null))
);
create index published_roots_channel on published_roots (channel, epoch);
create index published_roots_unproven on published_roots (stream_partition, unproven_slot) where unproven_slot is not null;
comment on table published_roots is 'Roots that were published on chain, by anybody, as the listeners saw it: succeeded finalize instructions of the deployment''s mint.';
comment on column published_roots.epoch is 'the epoch argument of the instruction';
comment on column published_roots.published_at is 'block time, UTC; null where the node knew none';
comment on column published_roots.status is 'pending: not yet proven; seen: proven; retracted: no source stands by it';

create table tree_nodes (
  root_id int not null references roots (id) on delete cascade,
  level smallint not null,
  chunk int not null,
  nodes bytea not null,
  primary key (root_id, level, chunk)
);
-- Hashes do not compress, and uncompressed values can be read in part.
alter table tree_nodes alter column nodes set storage external;
comment on table tree_nodes is 'Trees of the built roots: 256 nodes of 32 bytes a chunk; level 0 holds the leaves.';

create table sink_offsets (
  topic text not null,
  partition int not null,
  next_offset bigint not null,
  highest_offset bigint not null,
  updated_at timestamp not null default (now() at time zone 'utc'),
  primary key (topic, partition)
);
comment on table sink_offsets is 'Where the sink stands: written in the transaction that writes the rows of the records before it.';
comment on column sink_offsets.next_offset is 'offset of the next record to take in';
comment on column sink_offsets.highest_offset is 'highest next_offset ever reached; above next_offset during a replay';

create view settlement_alarms as
select r.id as root_id, r.channel, r.epoch, r.root, r.settled_at, r.tx_signature,
       case when p.event_id is null then 'not_seen' else 'other_bytes' end as kind,
       p.root as seen_root, p.signature as seen_signature
from roots r
left join published_roots p on p.channel = r.channel and p.epoch = r.epoch and p.proven and p.root <> r.root
where r.status = 'settled'
  and (p.event_id is not null
       or (not exists (select from published_roots s
                       where s.channel = r.channel and s.epoch = r.epoch and s.proven and s.root = r.root)
           and exists (select from settlement_log l
                       join coverage c on l.slot between c.from_slot and c.to_slot
                       where l.root_id = r.id and l.ledger_status = 'FINALIZED'
                         and c.stream_partition = r.source_partition)));
comment on view settlement_alarms is 'Roots that are final by our own record and that the listeners saw with other bytes (other_bytes), or did not see although they have proven the slot it landed in (not_seen).';
