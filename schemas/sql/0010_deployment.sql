-- Which chain the rows are of.

create table deployment (
  only_row boolean primary key default true check (only_row),
  genesis_hash text not null,
  noted_at timestamp not null default (now() at time zone 'utc')
);
comment on table deployment is 'What holds for every row: one row, written once a listener has said which chain it reads.';
comment on column deployment.genesis_hash is 'genesis hash of the chain, base58';
