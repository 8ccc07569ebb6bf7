/** An example or more of every command, shown at the end of its --help. */

import type { Command } from 'commander';

const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  listen: ['ANCHOR_PROVIDER_URL=http://127.0.0.1:8899 ao listen'],
  process: ['EPOCH_DURATION_SLOTS=432000 ao process'],
  sink: ['DATABASE_URL=postgresql://127.0.0.1/ao ao sink'],
  settle: ['AUTO_PUBLISH=false ao settle'],
  'settle status': ['ao settle status lacy'],
  'settle fees': ['ao settle fees', 'ao settle fees --roots --json'],
  webhook: ['AGGREGATOR_URL=http://127.0.0.1:9000/events ao webhook'],
  webhooks: ['WEBHOOKS_FILE=/etc/ao/webhooks.json ao webhooks'],
  'webhooks list': ['ao webhooks list --json'],
  'webhooks new': ['ao webhooks new https://hooks.example.com/ao --channel lacy'],
  'webhooks test': ['ao webhooks test hooks-example-com'],
  'webhooks replay': [
    'ao webhooks replay hooks-example-com --to-time 2026-01-31T12:00:00Z --dry-run',
    'ao webhooks replay hooks-example-com --from roots/3/120 --yes',
  ],
  'webhooks redeliver': ['ao webhooks redeliver hooks-example-com --dry-run'],
  gateway: ['GATEWAY_PORT=3000 ao gateway'],
  'lag-exporter': ['KAFKA_BROKERS=127.0.0.1:9092 ao lag-exporter'],
  topics: ['ao topics --dry-run'],
  migrate: ['DATABASE_URL=postgresql://127.0.0.1/ao ao migrate'],
  lag: ['ao lag --group ao-postgres-sink'],
  replay: ['ao replay --group ao-postgres-sink --topic ao.stream-events.v1 --to-beginning --dry-run'],
  backfill: ['ao backfill --from-slot 1000 --to-slot 2000'],
  'epoch-base check': ['ao epoch-base check'],
  'epoch-base change': ['ao epoch-base change --to 1000 --dry-run', 'ao epoch-base change --to 5000 --later --dry-run'],
  parity: ['ao parity --legacy postgresql://127.0.0.1/twzrd --since 1762308000 --json'],
  verify: [
    'ao proof lacy 10 0 --json | ao verify -',
    'ao verify bundle.json --rpc https://api.mainnet-beta.solana.com',
  ],
  'dlq list': ['ao dlq list --code LATE_EVENT'],
  'dlq retry': ['ao dlq retry --code LATE_EVENT --dry-run'],
  tail: ['ao tail ao.roots.v1 --from-beginning'],
  status: ['ao status --watch', 'ao status --json | jq .slotsBehind'],
  roots: ['ao roots lacy --status SETTLED'],
  claims: ['ao claims C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic --first 5'],
  claim: ['ao claim', 'ao claim --send --wait'],
  follow: [
    'ao follow roots --channel lacy',
    'ao follow settlements --after beginning --cursor-file settlements.cursor',
  ],
  'export proofs': ['ao export proofs --to /var/www/proofs'],
  proof: ['ao proof lacy 10 0 --json > bundle.json'],
  'protocol status': ['ao protocol status --json'],
  'protocol init': ['ao protocol init --admin-keypair admin.json --mint-keypair mint.json --treasury 1000000000'],
  explain: ['ao explain lacy 10 0'],
  completion: ['source <(ao completion bash)', 'ao completion fish > ~/.config/fish/completions/ao.fish'],
};

/** @param path Names of the command and those above it: `dlq list`. A command that takes nothing is its own example. */
export function examplesOf(path: string, command: Command): readonly string[] {
  const takesNothing = [command.commands, command.options, command.registeredArguments].every(
    ({ length }) => length === 0,
  );
  return EXAMPLES[path] ?? (takesNothing ? [`ao ${path}`] : []);
}

/** Adds to the help of every command below its examples, and one to what is said of a command that was given wrongly. */
export function addExamples(command: Command, path = ''): void {
  const examples = examplesOf(path, command);
  if (examples.length > 0) {
    const title = examples.length === 1 ? 'Example' : 'Examples';
    command.addHelpText('after', `\n${title}:\n${examples.map((line) => `  ${line}`).join('\n')}`);
    command.showHelpAfterError(`(for example: ${examples[0]}; --help tells what it takes)`);
  }
  for (const below of command.commands) addExamples(below, `${path} ${below.name()}`.trim());
}
