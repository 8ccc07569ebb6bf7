import type { Client, Pool } from '../../../runtime/postgres/pool.ts';

/** A pool whose transactions die instead of committing, as with kill -9. */
export function dying(pool: Pool): Pool {
  const connect = async (): Promise<Client> => {
    const client = await pool.connect();
    const query = (text: unknown, values?: unknown[]): unknown =>
      text === 'commit'
        ? Promise.reject(new Error('killed'))
        : (client.query as (...args: unknown[]) => unknown)(text, values);
    return new Proxy(client, {
      get: (target, name) => {
        if (name === 'query') return query;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  };
  return { connect, query: pool.query.bind(pool) } as unknown as Pool;
}
