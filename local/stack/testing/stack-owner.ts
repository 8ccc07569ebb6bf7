import { startStack } from '../stack.ts';

// A process that owns a stack and does nothing else, for tests that kill it.
const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('usage: stack-owner.ts DATA_DIR');
const stack = await startStack({
  dataDir,
  env: { AO_STACK: 'embedded' },
  preferKnownPorts: false,
  durable: false,
  log: () => undefined,
});
process.stdout.write(`${JSON.stringify(stack.pids)}\n`);
process.on('SIGTERM', () => {
  void stack.stop().then(() => process.exit(0));
});
