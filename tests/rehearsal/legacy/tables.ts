/** The stand-in's tables: those that the target architecture names, its queue (Redis in the real one), and what it keeps beside them. */

export const LEGACY_TABLES = `
  create table claims (id serial primary key, channel varchar, user_pubkey varchar, slot bigint, claim_timestamp timestamp, status varchar);
  create table roots (id serial primary key, epoch bigint, channel varchar, root varchar, count int, finalized_at timestamp, status varchar);
  create table queue (id bigserial primary key, event_id text not null unique, line jsonb not null);
  create table taken (event_id text primary key, channel text, epoch bigint, slot bigint, signature text, claimer text, amount text, claim_id text);
`;

export interface TakenClaim {
  readonly event_id: string;
  readonly slot: string;
  readonly signature: string;
  readonly claimer: string;
  readonly amount: string;
  readonly claim_id: string;
}

/** @throws TypeError where a variable is missing. */
export function needed(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new TypeError(`${name} is not set`);
  return value;
}
