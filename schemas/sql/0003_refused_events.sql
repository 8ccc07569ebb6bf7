-- Failures that are final: an event that was seen to fail at `finalized` never counts, whoever reports it as succeeded later.

create table refused_events (
  event_id text collate "C" primary key,
  stream_partition int not null,
  stream_offset bigint not null
);
comment on table refused_events is 'Claims and publications of the deployment''s mint that are final as failures and never counted: no row of claims or published_roots may come of them.';
comment on column refused_events.stream_offset is 'offset of the finalised failure in partition stream_partition of the event topic';
