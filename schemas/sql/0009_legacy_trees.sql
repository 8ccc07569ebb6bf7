-- What `ao legacy import` brings over of the legacy system's sealed_epochs, sealed_participants and l2_tree_cache. Never counted, never
-- published: history, and the proofs of old epochs.

create table legacy_trees (
  kind text not null check (kind in ('participation', 'claims')),
  channel text collate "C" not null,
  epoch bigint not null,
  name text collate "C" not null,
  root text not null,
  count int not null,
  odd_node text check (odd_node in ('duplicate', 'promote')),
  nodes bytea,
  held text,
  kept_levels text,
  facts jsonb not null,
  imported_at timestamp not null default (now() at time zone 'utc'),
  primary key (kind, channel, epoch),
  check ((held is null) = (nodes is not null and odd_node is not null))
);
alter table legacy_trees alter column nodes set storage external;
create index legacy_trees_name on legacy_trees (name, epoch);
comment on table legacy_trees is 'Trees of the legacy system, each made again from its leaves: participation from sealed_epochs, claims from l2_tree_cache.';
comment on column legacy_trees.channel is 'as the legacy system wrote it';
comment on column legacy_trees.name is 'the channel as this platform names it';
comment on column legacy_trees.nodes is 'all nodes, 32 bytes each, level by level from the leaves up; null while held';
comment on column legacy_trees.held is 'why no proof is served: its leaves do not give its root, or are not there; null where they do';
comment on column legacy_trees.kept_levels is 'levels_json of a held tree, as it was';
comment on column legacy_trees.facts is 'the other columns of the row, as they were';

create table legacy_participants (
  channel text collate "C" not null,
  epoch bigint not null,
  idx int not null,
  user_hash text not null,
  username text,
  primary key (channel, epoch, idx)
);
comment on table legacy_participants is 'Who took part, in the order of the leaves, as sealed_participants had it.';
