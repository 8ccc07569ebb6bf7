import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../../../runtime/error-codes.ts';
import { AppError } from '../../../../runtime/errors.ts';
import type { LogRecord } from '../ports.ts';
import { WriteQueue, type WriteQueueOptions } from './write-queue.ts';

const letter = (signature: string): LogRecord => ({
  kind: 'deadLetter',
  letter: { signature, slot: 1, raw: '', error: undefined },
});
const names = (records: readonly LogRecord[]): string[] =>
  records.map((record) => (record.kind === 'deadLetter' ? record.letter.signature : record.kind));

function queue(options: Partial<WriteQueueOptions> = {}): { queue: WriteQueue; transactions: string[][] } {
  const transactions: string[][] = [];
  const log = {
    commit: async (records: readonly LogRecord[]) => {
      transactions.push(names(records));
      return new Map<number, number>();
    },
  };
  const fenced = (): void => undefined;
  return { queue: new WriteQueue({ log, recover: async () => undefined, fenced, ...options }), transactions };
}

const failing = (code: ErrorCode): WriteQueueOptions['log'] => ({
  commit: async () => {
    throw new AppError(code, 'fails', { retryable: code === 'TRANSACTION_FAILED' });
  },
});

describe('write queue', () => {
  it('writes what waits together in one transaction, and exclusive jobs alone, in order', async () => {
    const { queue: writes, transactions } = queue();
    await Promise.all([
      writes.submit({ build: () => [letter('a')] }),
      writes.submit({ build: () => [letter('b')] }),
      writes.submit({ build: () => [letter('watermark')], exclusive: true }),
      writes.submit({ build: () => [letter('c')] }),
    ]);
    expect(transactions).toEqual([['a', 'b'], ['watermark'], ['c']]);
  });

  it('never builds two jobs about the same together: the later one sees what the earlier has settled', async () => {
    const { queue: writes, transactions } = queue();
    let isWritten = false;
    const once = {
      about: 'a',
      build: () => (isWritten ? [] : [letter('a')]),
      committed: () => {
        isWritten = true;
      },
    };
    const written = await Promise.all([
      writes.submit(once),
      writes.submit({ about: 'b', build: () => [letter('b')] }),
      writes.submit(once),
      writes.submit({ build: () => [letter('c')] }),
    ]);
    expect(written).toEqual([true, true, false, true]);
    expect(transactions).toEqual([['a', 'b'], ['c']]);
  });

  it('builds a job only after the one before it is committed', async () => {
    const { queue: writes } = queue();
    const order: string[] = [];
    await Promise.all([
      writes.submit({ build: () => [letter('a')], committed: () => order.push('a committed'), exclusive: true }),
      writes.submit({ build: () => (order.push('b built'), [letter('b')]) }),
    ]);
    expect(order).toEqual(['a committed', 'b built']);
  });

  it('says so when a job had nothing to write', async () => {
    const { queue: writes, transactions } = queue();
    expect(await writes.submit({ build: () => [] })).toBe(false);
    expect(transactions).toEqual([]);
  });

  it('reads the state back before it reports a failed transaction', async () => {
    const order: string[] = [];
    const recover = async (): Promise<void> => void order.push('recovered');
    const { queue: writes } = queue({ log: failing('TRANSACTION_FAILED'), recover });
    const submitted = writes.submit({ build: () => [letter('a')], committed: () => order.push('committed') });
    await expect(submitted).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    expect(order).toEqual(['recovered']);
  });

  it('gives up for good when another process took the id over', async () => {
    const told: unknown[] = [];
    const { queue: writes } = queue({ log: failing('PRODUCER_FENCED'), fenced: (error) => told.push(error) });
    await expect(writes.submit({ build: () => [letter('a')] })).rejects.toMatchObject({ code: 'PRODUCER_FENCED' });
    await expect(writes.submit({ build: () => [letter('b')] })).rejects.toMatchObject({ code: 'PRODUCER_FENCED' });
    expect(told).toHaveLength(1);
  });

  it('does not let a record that cannot be encoded take its neighbours along', async () => {
    const written: string[][] = [];
    const log = {
      commit: async (records: readonly LogRecord[]) => {
        if (names(records).includes('bad')) throw new AppError('RECORD_INVALID', 'bad');
        written.push(names(records));
        return new Map<number, number>();
      },
    };
    const { queue: writes } = queue({ log });
    const results = await Promise.allSettled(
      ['a', 'bad', 'c'].map((name) => writes.submit({ build: () => [letter(name)] })),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(written).toEqual([['a'], ['c']]);
  });

  it('writes what waits before it closes, and refuses more', async () => {
    const { queue: writes, transactions } = queue();
    const last = writes.submit({ build: () => [letter('last')] });
    await writes.close();
    await expect(last).resolves.toBe(true);
    await expect(writes.submit({ build: () => [letter('late')] })).rejects.toMatchObject({ code: 'STOPPED' });
    expect(transactions).toEqual([['last']]);
  });

  it('lets those who asked for room wait until the backlog is short', async () => {
    const { queue: writes } = queue();
    const jobs = Array.from({ length: 5 }, (_, number) =>
      writes.submit({ build: () => [letter(String(number))], exclusive: true }),
    );
    await writes.room(3);
    expect(writes.depth).toBeLessThan(3);
    await Promise.all(jobs);
  });
});
