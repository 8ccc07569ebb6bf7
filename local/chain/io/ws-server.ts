import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ChainState } from '../core/bank/chain-state.ts';
import { WsConnection } from './ws-connection.ts';

const MAX_MESSAGE_BYTES = 64 * 1024;

/** Serves subscriptions on the same port as the HTTP server. The result closes every connection. */
export function serveSubscriptions(server: Server, state: ChainState): () => void {
  const sockets = new WebSocketServer({ server, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const connections = new Map<WebSocket, WsConnection>();
  let connectionCount = 0;
  let subscriptionCount = 0;
  sockets.on('connection', (socket) => {
    const options = { number: connectionCount++, nextId: () => subscriptionCount++ };
    connections.set(socket, new WsConnection(socket, state, options));
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.terminate());
  });
  const stopEvents = state.onEvent((event) => {
    for (const connection of connections.values()) connection.onEvent(event);
  });
  return () => {
    stopEvents();
    for (const socket of connections.keys()) socket.terminate();
    sockets.close();
  };
}
