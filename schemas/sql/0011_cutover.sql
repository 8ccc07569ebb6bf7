-- Where the way from the legacy system to this one stands: every step is written down before the next begins, so that it can be gone on
-- with after a kill.

create table cutover (
  id int primary key default 1 check (id = 1),
  phase int not null default 0 check (phase between 0 and 3),
  toward text check (toward in ('1', '2', '3', 'back')),
  step text,
  gateway text not null default 'legacy' check (gateway in ('legacy', 'new')),
  changed_at timestamp not null default (now() at time zone 'utc')
);
insert into cutover default values;
comment on table cutover is 'One row. 0: not begun; 1: both run; 2: this platform serves and publishes; 3: the legacy system is archived.';
comment on column cutover.toward is 'where it is being gone to; null where it stands';
comment on column cutover.step is 'the last step on that way that is done; null: none';
comment on column cutover.gateway is 'whose gateway has the public port (GATEWAY_TAKEOVER_PORT)';

create table cutover_log (
  id serial primary key,
  at timestamp not null default (now() at time zone 'utc'),
  toward text not null,
  kind text not null check (kind in ('gate', 'step', 'sign-off', 'held')),
  name text not null,
  who text,
  detail text not null
);
comment on table cutover_log is 'What was judged, done, signed and held on the way, oldest first.';
