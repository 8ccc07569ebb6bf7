-- What subscriptions are told, in the order of the topics, so that a client can go on after its last item.

alter table claims add column changed_offset bigint;
comment on column claims.changed_offset is 'position of the batch in which the claim was last taken back, or came back; null while neither happened';
alter table published_roots add column changed_offset bigint;
comment on column published_roots.changed_offset is 'as in claims';

create index claims_offset on claims (stream_partition, stream_offset, id);
create index claims_changed on claims (stream_partition, changed_offset, id) where changed_offset is not null;
create index roots_record on roots (record_partition, record_offset, id);

create table settlement_steps (
  ledger_partition int not null,
  ledger_offset bigint not null,
  channel varchar not null,
  epoch bigint not null,
  root varchar not null,
  status text not null,
  attempt int not null,
  tx_signature varchar,
  slot bigint,
  fee_lamports numeric(20),
  reason text,
  recorded_at timestamp not null,
  primary key (ledger_partition, ledger_offset)
);
comment on table settlement_steps is 'Every record of the settlement ledger, one row each; settlement_log has the newest state of each attempt.';
insert into settlement_steps
select ledger_partition, ledger_offset, channel, epoch, root, ledger_status, attempt, tx_signature, slot, fee_lamports,
       error_message, recorded_at
from settlement_log
on conflict do nothing;
