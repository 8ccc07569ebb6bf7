-- Which listener says what of a publication, and where its record stands: receipts name them.

create table publication_sightings (
  event_id text collate "C" not null,
  source text collate "C" not null,
  slot bigint not null,
  taken_back boolean not null,
  stream_partition int not null,
  stream_offset bigint not null,
  primary key (event_id, source)
);
comment on table publication_sightings is 'What each listener said last of a publication that it saw succeed, since this table is kept.';
comment on column publication_sightings.taken_back is 'whether it said that the chain had not kept it, or that it failed';
comment on column publication_sightings.stream_offset is 'offset of that record in partition stream_partition of the event topic';
