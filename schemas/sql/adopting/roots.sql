-- As claims.sql.
alter table roots
  alter column channel type varchar, alter column root type varchar, alter column status type varchar,
  alter column status set default 'ready_for_settlement',
  add column recipe text,
  add column odd_node text,
  add column start_slot bigint,
  add column end_slot bigint,
  add column finalized_slot bigint,
  add column source_partition int,
  add column source_offset bigint,
  add column record_partition int,
  add column record_offset bigint,
  add column tree_state text not null default 'pending' check (tree_state in ('pending', 'built', 'mismatch')),
  add column settled_at timestamp,
  add column tx_signature text,
  add column claims_settled boolean not null default false,
  add constraint roots_root_check check (true),
  add constraint roots_status_check check (true),
  -- Which epochs the legacy system finalised more than once is not asked here: a later migration replaces this constraint.
  add constraint roots_channel_epoch_key unique (id, channel, epoch);
