import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ChainReader, PageQuery, SignaturePage, SignatureRow } from '../ports.ts';
import { digestOf, scanHistory } from './history-scan.ts';
import { type WalkRange, walkPages } from './signature-walk.ts';

const RANGE: WalkRange = {
  floorSlot: 0,
  before: undefined,
  minContextSlot: 100,
  mustReachSlot: undefined,
  endpoint: 'a',
};

/** A server with `rows` (oldest first) and pages of `pageRows`. */
function server(
  rows: readonly SignatureRow[],
  pageRows: number,
  change: (page: SignatureRow[], query: PageQuery, call: number) => SignatureRow[] = (page) => page,
): Pick<ChainReader, 'signatures'> & { calls: number } {
  return {
    calls: 0,
    async signatures(query: PageQuery): Promise<SignaturePage> {
      const end = query.before === undefined ? rows.length : rows.findIndex((row) => row.signature === query.before);
      const page = rows.slice(Math.max(0, end - pageRows), Math.max(0, end)).reverse();
      return { rows: change(page, query, this.calls++), endpoint: 'e', viewSlot: 100 };
    },
  };
}

const rowsAt = (...slots: number[]): SignatureRow[] =>
  slots.map((slot, position) => ({ signature: `${slot}-${position}`, slot, failed: false, blockTime: null }));

async function walked(chain: Pick<ChainReader, 'signatures'>, range: WalkRange = RANGE): Promise<Set<string>> {
  const seen = new Set<string>();
  for await (const page of walkPages(chain as ChainReader, range)) for (const row of page.rows) seen.add(row.signature);
  return seen;
}

describe('signature walk', () => {
  it('finds every row, whatever the page size and however rows share slots', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        async (slots, pageRows) => {
          const rows = rowsAt(...slots.sort((a, b) => a - b));
          expect(await walked(server(rows, pageRows))).toEqual(new Set(rows.map(({ signature }) => signature)));
        },
      ),
    );
  });

  it('stops by slot: it asks for no page below the floor', async () => {
    const rows = rowsAt(...Array.from({ length: 50 }, (_, slot) => slot));
    const chain = server(rows, 10);
    await walked(chain, { ...RANGE, floorSlot: 45 });
    expect(chain.calls).toBe(1);
  });

  it('reads the lowest slot of each page again on the next one', async () => {
    const befores: (string | undefined)[] = [];
    const chain = server(rowsAt(1, 2, 2, 2, 3, 4), 4, (page, query) => {
      befores.push(query.before);
      return page;
    });
    await walked(chain);
    // The first page ends inside slot 2: the next one begins behind slot 3, not inside slot 2.
    expect(befores[1]).toBe('3-4');
  });

  it('asks a second time before it believes an empty page', async () => {
    const rows = rowsAt(1, 2, 3);
    const chain = server(rows, 10, (page, _query, call) => (call === 0 ? [] : page));
    expect((await walked(chain)).size).toBe(3);
  });

  it('refuses a history that ends above what is known to exist', async () => {
    const chain = server(rowsAt(50, 60), 10);
    await expect(walked(chain, { ...RANGE, mustReachSlot: 40 })).rejects.toMatchObject({ code: 'HISTORY_TOO_SHORT' });
  });

  it('refuses a server that answers an unknown signature with its newest page', async () => {
    const rows = rowsAt(1, 2, 3, 4, 5, 6);
    const chain = server(rows, 3, (page, query) => (query.before === undefined ? page : rows.slice(-3).reverse()));
    await expect(walked(chain)).rejects.toMatchObject({ code: 'WALK_STUCK' });
  });
});

describe('history scan', () => {
  it('cuts a long history into chunks that cover every slot once and every row once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 1, max: 20 }),
        async (slots, pageRows, chunkRows) => {
          const rows = rowsAt(...slots.sort((a, b) => a - b));
          const range = { ...RANGE, targetSlot: 40, chunkRows };
          const scan = await scanHistory(server(rows, pageRows) as ChainReader & { calls: number }, range);
          if (scan.kind === 'walk') {
            expect(scan.walk.rows.size).toBe(rows.length);
            return;
          }
          let next = 0;
          for (const chunk of scan.chunks) {
            expect(chunk.floorSlot).toBe(next);
            next = chunk.lastSlot + 1;
            const inside = rows.filter(({ slot }) => slot >= chunk.floorSlot && slot <= chunk.lastSlot);
            expect(chunk.digest).toBe(digestOf(inside));
          }
          expect(next).toBe(41);
          expect(scan.rowCount).toBe(rows.length);
        },
      ),
    );
  });

  it('gives a digest that depends on the set of rows, not on their order', () => {
    const rows = rowsAt(1, 2, 3);
    expect(digestOf(rows)).toBe(digestOf(rows.toReversed()));
    expect(digestOf(rows)).not.toBe(digestOf(rows.slice(1)));
    expect(digestOf(rows)).not.toBe(digestOf(rowsAt(1, 2, 4)));
  });
});
