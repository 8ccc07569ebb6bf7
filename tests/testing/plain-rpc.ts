/**
 * An RPC server that knows little, straight from a recording and without the local chain's code: no WebSocket, no
 * minContextSlot, no confirmation states, skipped slots without block time, a tip that stands still.
 */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PlainRpc {
  readonly rpcUrl: string;
  stop(): Promise<void>;
}

interface Recorded {
  readonly signatureInfo: {
    readonly signature: string;
    readonly slot: number;
    readonly blockTime: number;
    readonly err: unknown;
  };
  readonly json: unknown;
}

const SLOTS_BEHIND_THE_STORY = 60;
const SLOT_SECONDS = 0.4;

/** @param omitted Names of methods that it answers with "method not found". */
export async function startPlainRpc(recording: string, omitted: readonly string[] = []): Promise<PlainRpc> {
  const records = readFileSync(recording, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded);
  const newestFirst = [...records].reverse();
  const last = newestFirst[0]?.signatureInfo ?? { slot: 0, blockTime: 0, signature: '', err: null };
  const times = new Map(records.map(({ signatureInfo: { slot, blockTime } }) => [slot, blockTime]));
  const tip = last.slot + SLOTS_BEHIND_THE_STORY;

  const methods: Record<string, (params: readonly unknown[]) => unknown> = {
    getSlot: () => tip,
    getTransaction: ([signature]) =>
      records.find((record) => record.signatureInfo.signature === signature)?.json ?? null,
    getBlockTime: ([slot]) => {
      const known = times.get(Number(slot));
      if (known !== undefined) return known;
      if (Number(slot) <= last.slot) throw new RpcRefusal(-32009, `Slot ${String(slot)} was skipped`);
      return Math.floor(last.blockTime + (Number(slot) - last.slot) * SLOT_SECONDS);
    },
    getSignaturesForAddress: ([, config]) => {
      const { limit = 1000, before } = (config ?? {}) as { limit?: number; before?: string };
      const from =
        before === undefined ? 0 : newestFirst.findIndex((row) => row.signatureInfo.signature === before) + 1;
      return newestFirst.slice(from, from + limit).map(({ signatureInfo: { signature, slot, blockTime, err } }) => {
        return { signature, slot, blockTime, err, memo: null };
      });
    },
    getFirstAvailableBlock: () => 0,
    getSignatureStatuses: () => ({ context: { slot: tip }, value: [null] }),
  };

  const server = createServer((request, response) => {
    // Also what asks for a WebSocket.
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as {
        id: unknown;
        method: string;
        params?: unknown[];
      };
      const answer = methods[method];
      let reply: object = { error: { code: -32601, message: 'Method not found' } };
      try {
        if (answer !== undefined && !omitted.includes(method)) reply = { result: answer(params ?? []) };
      } catch (error) {
        if (!(error instanceof RpcRefusal)) throw error;
        reply = { error: { code: error.code, message: error.message } };
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...reply }));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    rpcUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

class RpcRefusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
