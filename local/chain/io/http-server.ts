import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ChainState } from '../core/bank/chain-state.ts';
import { type HttpFault, NO_FAULTS } from '../core/faults/fault-plan.ts';
import type { RpcService } from './rpc-service.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const JSON_TYPE = 'application/json; charset=utf-8';

/** The HTTP side of the chain: JSON-RPC by POST, and GET /health. */
export function createHttpServer(service: RpcService, state: ChainState): Server {
  let count = 0;
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-headers', '*');
      response.setHeader('access-control-allow-methods', 'POST, GET, OPTIONS');
      response.writeHead(204).end();
      return;
    }
    if (request.method === 'GET' && request.url === '/health') {
      response.setHeader('content-type', 'text/plain').end('ok');
      return;
    }
    if (request.method !== 'POST') {
      respond(response, 405, 'Used HTTP Method is not allowed. POST or OPTIONS is required\n');
      return;
    }
    const number = count++;
    readBody(request, response, (body) => answer(service, state, { request, response, body, number }));
  });
  server.keepAliveTimeout = 65_000;
  return server;
}

function readBody(request: IncomingMessage, response: ServerResponse, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  });
  request.on('end', () => {
    if (length > MAX_BODY_BYTES) respond(response, 413, 'Request body too large\n');
    else done(Buffer.concat(chunks, length).toString('utf8'));
  });
  request.on('error', () => request.destroy());
}

type Exchange = { request: IncomingMessage; response: ServerResponse; body: string; number: number };

function answer(service: RpcService, state: ChainState, { request, response, body, number }: Exchange): void {
  const { faults } = state;
  const fault = faults === NO_FAULTS ? null : faults.http({ count: number, methods: methodsOf(body) });
  if (fault !== null && fault.kind !== 'delay') {
    fail(request, response, fault);
    return;
  }
  const send = () => respond(response, 200, service.answer(body, number), JSON_TYPE);
  if (fault === null) send();
  else setTimeout(send, fault.delayMs).unref();
}

/** The methods a body names, found without parsing it: a fault comes before the server looks at the request. */
function methodsOf(body: string): string[] {
  return Array.from(body.matchAll(/"method"\s*:\s*"(\w+)"/g), (match) => match[1] ?? '');
}

function fail(request: IncomingMessage, response: ServerResponse, fault: Exclude<HttpFault, { kind: 'delay' }>): void {
  if (fault.kind === 'reset') {
    request.socket.destroy();
    return;
  }
  if (fault.retryAfterSeconds !== undefined) response.setHeader('retry-after', String(fault.retryAfterSeconds));
  respond(response, fault.status, fault.status === 429 ? 'Too many requests\n' : 'Service unavailable\n');
}

function respond(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
}
