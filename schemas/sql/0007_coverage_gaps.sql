-- Gaps between proven slots: when each was opened, by what, and by what it was closed. Coverage alone tells only those of now.

create table coverage_gaps (
  stream_partition int not null,
  from_slot bigint not null,
  to_slot bigint not null check (to_slot >= from_slot),
  reason text not null check (reason in ('went_on', 'earlier_slots', 'not_kept')),
  opened_source text collate "C",
  opened_method text collate "C",
  opened_endpoint text collate "C",
  opened_at timestamp,
  opened_offset bigint,
  closed_source text collate "C",
  closed_method text collate "C",
  closed_endpoint text collate "C",
  closed_at timestamp,
  closed_offset bigint,
  primary key (stream_partition, from_slot)
);
create index coverage_gaps_open on coverage_gaps (stream_partition) where closed_offset is null;
create index coverage_gaps_closed on coverage_gaps (closed_at desc nulls last, from_slot desc) where closed_offset is not null;
comment on table coverage_gaps is 'Slots between proven ones that no listener had proven in the partition. One that is closed piece by piece is several rows; a closed one never opens again.';
comment on column coverage_gaps.reason is 'went_on: a listener proved later slots without these; earlier_slots: slots before all proven ones were proven, without these; not_kept: open before this table was';
comment on column coverage_gaps.opened_at is 'when the watermark that opened it was written to the topic, UTC; null where not kept';
comment on column coverage_gaps.closed_at is 'when the watermark that closed it was written to the topic, UTC; null while it is open';
comment on column coverage_gaps.closed_offset is 'offset of the watermark that closed it; null while it is open';

insert into coverage_gaps (stream_partition, from_slot, to_slot, reason)
select stream_partition, reached + 1, from_slot - 1, 'not_kept'
from (select stream_partition, from_slot,
             max(to_slot) over (partition by stream_partition order by from_slot, to_slot
                                rows between unbounded preceding and 1 preceding) as reached
      from coverage) ranges
where from_slot > reached + 1;
