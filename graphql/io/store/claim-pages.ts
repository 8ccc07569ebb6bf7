/**
 * First pages of users' claims, several in one statement: what is asked for while statements are under way waits for the next one. With few
 * requests nothing waits; with many the database is asked less often than clients ask.
 */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { ClaimView } from '../../core/views.ts';
import { CLAIMS, type ClaimAndTree, claimView } from './claims.ts';
import { prepared } from './prepared.ts';

interface Asked {
  readonly user: string;
  readonly sinceMs: number;
  readonly resolve: (claims: ClaimView[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Statements under way at once. */
const MOST_UNDER_WAY = 2;
/** Users of one statement. */
const MOST_USERS = 32;

export class ClaimPages {
  readonly #pool: Pool;
  /** What waits, by rows wanted. */
  readonly #waiting = new Map<number, Asked[]>();
  #underWay = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** A user's newest claims, newest first. */
  newest(user: string, rows: number): Promise<ClaimView[]> {
    const { promise, resolve, reject } = Promise.withResolvers<ClaimView[]>();
    const waiting = this.#waiting.get(rows) ?? [];
    this.#waiting.set(rows, waiting);
    waiting.push({ user, sinceMs: performance.now(), resolve, reject });
    this.#go();
    return promise;
  }

  #go(): void {
    for (const [rows, waiting] of this.#waiting) {
      if (this.#underWay >= MOST_UNDER_WAY) return;
      const asked = waiting.splice(0, MOST_USERS);
      if (waiting.length === 0) this.#waiting.delete(rows);
      if (asked.length === 0) continue;
      this.#underWay += 1;
      void this.#ask(rows, asked).finally(() => {
        this.#underWay -= 1;
        this.#go();
      });
    }
  }

  async #ask(rows: number, asked: readonly Asked[]): Promise<void> {
    const beganMs = performance.now();
    try {
      const users = [...new Set(asked.map(({ user }) => user))];
      const found = await this.#pool.query<ClaimAndTree & { asked: number }>(
        prepared(
          `select u.asked::int, p.* from unnest($1::text[]) with ordinality u (pubkey, asked) cross join lateral (
             ${CLAIMS} where c.user_pubkey = u.pubkey and c.event_id is not null order by c.slot desc, c.id desc limit $2::bigint) p
           order by u.asked, p.slot desc, p.claim_row desc`,
          [users, rows],
        ),
      );
      const pages = Map.groupBy(found.rows, ({ asked: at }) => users[at - 1]);
      for (const { user, resolve } of asked) resolve((pages.get(user) ?? []).map(claimView));
    } catch (error) {
      // Who waited all the while has waited long enough: of a database that is silent nobody hears twice.
      const before = [...this.#waiting.values()].flatMap((waiting) => {
        const later = waiting.findIndex(({ sinceMs }) => sinceMs >= beganMs);
        return waiting.splice(0, later === -1 ? waiting.length : later);
      });
      for (const { reject } of [...asked, ...before]) reject(error);
    }
  }
}
