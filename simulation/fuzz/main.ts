/**
 * `npm run fuzz -- [--requests N | --minutes N] [--seed N] [--schemathesis N] [--json]`: a gateway over a few roots is sent requests made of its
 * GraphQL schema and its OpenAPI document, right ones and wrong ones. Status 0 only where nothing was answered with 500, no fault of the
 * gateway was told, it never ended, and its memory did not grow. With `--schemathesis N` that tool, where it is installed, asks too: N
 * examples of each operation. From four minutes on the memory is judged by how it goes on after the first two.
 */

import { spawn, spawnSync } from 'node:child_process';
import { type GatewayStack, withGatewayStack } from '../gateway-stack.ts';
import { wholeNumberOptions } from '../whole-number-options.ts';
import { fuzz } from './fuzz.ts';
import { type MemorySample, memoryTrend } from './memory.ts';
import { PARTITIONS, seedKnownValues } from './seeded-roots.ts';

const options = wholeNumberOptions(
  'npm run fuzz',
  {
    requests: { default: 50_000 },
    minutes: { default: 0, min: 0 },
    seed: { default: 1, min: 0 },
    schemathesis: { default: 0, min: 0 },
  },
  '--minutes 10 --schemathesis 50',
);
const SAMPLE_MS = 1000;
const WARM_UP_MINUTES = 2;
/** From which on a slope tells more than what the collector has left lying about. */
const LEAST_MINUTES = 4;
/** By how much of itself the least heap of a half minute may grow in a minute. */
const MOST_GROWTH_A_MINUTE = 0.01;
/** In a short run: by how much memory may be more at the end than after a third. */
const GROWTH = { factor: 1.25, bytes: 48 * 1024 * 1024 };

await withGatewayStack('fuzz', PARTITIONS, async (stack) => {
  const known = await seedKnownValues(stack.pool);
  const { gateway, url, opsUrl } = await stack.startGateway('0');
  let ended: string | undefined;
  void gateway.exited.then((how) => {
    ended = how;
  });
  const beganMs = performance.now();
  const minute = (): number => (performance.now() - beganMs) / 60_000;
  const samples: MemorySample[] = [];
  const sampling = setInterval(() => {
    const at = minute();
    // A gateway that is gone is told by its end.
    memoryOf(opsUrl).then(
      (memory) => samples.push({ minute: at, ...memory }),
      () => undefined,
    );
  }, SAMPLE_MS);
  try {
    const found = await fuzz({
      url,
      known,
      seed: options.seed,
      requests: options.minutes > 0 ? Number.POSITIVE_INFINITY : options.requests,
      isOver: () => options.minutes > 0 && minute() >= options.minutes,
    });
    clearInterval(sampling);
    if (found.wrong.length > 0) stack.log(`The end of the gateway's log:\n${gateway.tail(20)}`);
    const minutes = minute();
    const isLong = minutes >= LEAST_MINUTES;
    const memory = isLong ? trendOf(samples) : aThirdAndTheEnd(samples, minutes);
    const bySchemathesis = options.schemathesis === 0 ? undefined : await schemathesis(url, stack);
    const result = { ...found, minutes, ...memory, ended: ended ?? null, schemathesis: bySchemathesis };
    process.stdout.write(`${JSON.stringify(result, undefined, options.json ? 0 : 2)}\n`);
    const isRight = found.wrong.length === 0 && !memory.hasGrown && ended === undefined && bySchemathesis !== 'failed';
    process.exitCode = isRight ? 0 : 1;
  } finally {
    clearInterval(sampling);
    await gateway.stop();
  }
});

async function memoryOf(opsUrl: string): Promise<Omit<MemorySample, 'minute'>> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text();
  const metric = (name: string): number =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  return {
    residentBytes: metric('process_resident_memory_bytes'),
    heapUsedBytes: metric('nodejs_heap_size_used_bytes'),
  };
}

function trendOf(taken: readonly MemorySample[]) {
  const trend = memoryTrend(taken, WARM_UP_MINUTES);
  const isFlat = trend.heapBytesAMinute <= MOST_GROWTH_A_MINUTE * (trend.heapBytes[0] ?? Number.NaN);
  return { memory: trend, hasGrown: !isFlat };
}

function aThirdAndTheEnd(taken: readonly MemorySample[], minutes: number) {
  const early = taken.find((sample) => sample.minute >= minutes / 3)?.residentBytes ?? Number.NaN;
  const late = taken.at(-1)?.residentBytes ?? Number.NaN;
  return {
    residentBytes: { afterAThird: early, atTheEnd: late },
    hasGrown: late > early * GROWTH.factor + GROWTH.bytes,
  };
}

/** Over REST and GraphQL; a failure is whatever is answered with 500 or more. */
async function schemathesis(
  url: string,
  { log, dataDir }: GatewayStack,
): Promise<'passed' | 'failed' | 'not installed'> {
  const program = process.env['SCHEMATHESIS'] ?? 'schemathesis';
  if (spawnSync(program, ['--version']).status !== 0) {
    log(`${program} is not installed (pip install schemathesis, or name it in SCHEMATHESIS): left out`);
    return 'not installed';
  }
  const env = { ...process.env, SCHEMATHESIS_HOOKS: 'schemathesis_hooks', PYTHONPATH: import.meta.dirname };
  for (const contract of [`${url}/docs/json`, `${url}/graphql`]) {
    const args = [
      'run',
      contract,
      '--checks',
      'not_a_server_error',
      '--max-examples',
      String(options.schemathesis),
      '--seed',
      String(options.seed),
    ];
    const child = spawn(program, args, { stdio: ['ignore', 2, 2], cwd: dataDir, env });
    const status = await new Promise((resolve) => child.once('exit', resolve));
    if (status !== 0) return 'failed';
  }
  return 'passed';
}
