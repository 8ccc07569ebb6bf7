import { describe, expect, it } from '@jest/globals';
import { Registry } from '@prometheus-io/client';
import pino from 'pino';
import { AppError } from './errors.ts';
import { Holds } from './holds.ts';

interface Line {
  readonly msg: string;
  readonly code: string;
}

function setUp(): { holds: Holds; lines: Line[]; registry: Registry } {
  const lines: Line[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line) as Line) });
  const registry = new Registry();
  return { holds: new Holds(log, registry), lines, registry };
}

const unknown = new AppError('SCHEMA_UNKNOWN', 'The registry has no schema 7. Bring it back.', { retryable: true });

describe('holds', () => {
  it('tell once what is held and why, and that it goes on', () => {
    const { holds, lines } = setUp();
    holds.hold('events/3', unknown);
    holds.hold('events/3', unknown);
    expect(holds.all).toMatchObject([{ subject: 'events/3', code: 'SCHEMA_UNKNOWN', reason: unknown.message }]);
    holds.hold('events/3', new AppError('REGISTRY_UNAVAILABLE', 'No answer.'));
    holds.release('events/3');
    holds.release('events/3');
    expect(holds.all).toEqual([]);
    expect(lines.map(({ msg, code }) => `${msg} ${code}`)).toEqual([
      'held SCHEMA_UNKNOWN',
      'held REGISTRY_UNAVAILABLE',
      'goes on REGISTRY_UNAVAILABLE',
    ]);
  });

  it('keep when a cause began although its sentence changes', () => {
    const { holds } = setUp();
    holds.hold('chain', new AppError('RPC_NODE_BEHIND', '3 slots behind'));
    const since = holds.all[0]?.since;
    holds.hold('chain', new AppError('RPC_NODE_BEHIND', '4 slots behind'));
    expect(holds.all).toMatchObject([{ since, reason: '4 slots behind' }]);
  });

  it('are counted by code in ao_held, down to none', async () => {
    const { holds, registry } = setUp();
    holds.hold('events/1', unknown);
    holds.hold('events/2', unknown);
    expect(await registry.metrics()).toContain('ao_held{code="SCHEMA_UNKNOWN"} 2');
    holds.release('events/1');
    holds.release('events/2');
    expect(await registry.metrics()).not.toContain('ao_held{code="SCHEMA_UNKNOWN"}');
  });
});
