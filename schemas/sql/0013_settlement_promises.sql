-- What settlement workers have let go and the rings may not show yet: one treasury pays all of it, whoever publishes.

create table settlement_promises (
  channel text collate "C" not null,
  epoch numeric(20, 0) not null,
  root text collate "C" not null,
  amount numeric(40, 0) not null,
  worker text not null,
  promised_at timestamp not null default (now() at time zone 'utc'),
  shown_at timestamp,
  primary key (channel, epoch, root)
);
comment on table settlement_promises is 'Roots that a settlement worker with SETTLEMENT_SOLVENCY=hold let go, so that the others count them too. Written by the workers.';
comment on column settlement_promises.amount is 'base units that can be claimed from the root';
comment on column settlement_promises.shown_at is 'when a worker first saw it in a finalised ring, UTC; null before';
