/** What the report is made of: the commands of this repository that end with one line of JSON. */

export interface Source {
  /** Of its row, and of the file that keeps its last result. */
  readonly name: string;
  readonly what: string;
  /** Behind `npm run`. */
  readonly command: readonly string[];
}

const bench = (name: string, what: string): Source => ({
  name: `bench-${name}`,
  what,
  command: ['bench', '--', name, '--json'],
});
const seeds = (script: string, count: number, what: string): Source => ({
  name: script,
  what,
  command: [script, '--', '--seeds', String(count), '--json'],
});

export const SOURCES: readonly Source[] = [
  bench('merkle', 'Merkle trees, beside two other libraries'),
  bench('tree', 'the tree of a root with a million claims'),
  bench('ingest', 'the listener: from a block to its record, and a backfill'),
  bench('processor', 'the processor: claims a second, a million open ones, a restart'),
  bench('sink', 'the Postgres sink: rows a second'),
  bench('settle', 'settlement: roots a minute'),
  bench('gateway', 'the gateway: answers a second from a million claims, subscribers, a backlog'),
  bench('webhooks', 'webhooks: deliveries a second'),
  bench('page', 'the explorer page at 60 updates a second'),
  seeds('simulate', 1000, 'the listener through seeded faults, in simulated time'),
  seeds('simulate-settlement', 5000, 'the settlement worker through seeded faults, in simulated time'),
  seeds('simulate-platform', 1000, 'listener, processor, sink and settlement together, in simulated time'),
  {
    name: 'start',
    what: 'from nothing to four settled roots by `npm start`, which has everything that it needs',
    command: ['start', '--', '--until-settled', '4', '--fresh', '--data', '.data/report-start', '--json'],
  },
  {
    name: 'rolling',
    what: 'every role replaced under traffic, with two gateways that a client asks all the time',
    command: ['rolling', '--', '--rounds', '1', '--json'],
  },
  {
    name: 'chaos',
    what: 'kills and standstills of every role and part under traffic, and what must hold after them',
    command: ['chaos', '--', '--kills', '100', '--json'],
  },
  {
    name: 'soak',
    what: 'the whole platform under traffic, kills and standstills',
    command: ['soak', '--', '--hours', '2', '--faults', '--json'],
  },
];
