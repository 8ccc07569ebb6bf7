-- Every time that a root was held, and why: settlement_log has the newest only.

create index settlement_steps_held on settlement_steps (channel, epoch, ledger_partition, ledger_offset) where status = 'HELD';
