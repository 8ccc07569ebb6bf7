import { AttentionOracleError } from '../index.ts';

/** Not written as a literal: a bundler for browsers, which have a WebSocket, is not to look for the package. */
const PACKAGE = 'ws';

/**
 * The WebSocket of the runtime (browsers, Node 22 and newer), else that of the package `ws`, where it is installed.
 * @throws AttentionOracleError WEBSOCKET_MISSING
 */
export async function loadWebSocket(): Promise<unknown> {
  if (typeof globalThis.WebSocket !== 'undefined') return globalThis.WebSocket;
  try {
    const { WebSocket } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ PACKAGE)) as {
      WebSocket: unknown;
    };
    return WebSocket;
  } catch (cause) {
    throw new AttentionOracleError(
      'WEBSOCKET_MISSING',
      'this runtime has no WebSocket of its own (Node 20 has none): npm install ws, or give one as the option `webSocket`',
      {},
      { cause },
    );
  }
}
