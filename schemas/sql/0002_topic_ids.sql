-- Offsets mean something only together with the topic that they count in.

alter table sink_offsets add column topic_id uuid;
comment on column sink_offsets.topic_id is 'Kafka''s id of the topic that the offsets belong to: a topic that was deleted and made again has another; null where the brokers give none';
