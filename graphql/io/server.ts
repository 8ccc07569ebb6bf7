/** The HTTP server: GraphQL, subscriptions and REST on one port. */

import type { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import fastifyRateLimit from '@fastify/rate-limit';
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import fastifyWebsocket from '@fastify/websocket';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type onResponseHookHandler,
} from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { GraphQLError } from 'graphql';
import { AppError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logging.ts';
import type { GatewayConfig } from '../config.ts';
import { GOING_AWAY } from '../core/close-codes.ts';
import { isUnforgeable } from '../core/forgery.ts';
import { addressKey, trustOf } from '../core/trusted-proxies.ts';
import { Admission } from './admission.ts';
import { apolloServer, executableSchema, schemaText } from './apollo.ts';
import { Certainty } from './certainty.ts';
import type { GatewayServices } from './context.ts';
import { documentChecker } from './documents.ts';
import { EXPLORER_DIST, registerExplorer } from './explorer.ts';
import { OPENAPI } from './openapi.ts';
import { requestContext } from './request-context.ts';
import { traceRequests } from './request-spans.ts';
import { registerRest } from './rest.ts';
import { registerSchemaFile } from './schema-file.ts';
import { Streams } from './sse/streams.ts';
import { formattedOf, toldErrors } from './told-errors.ts';
import { Connection } from './websocket/connection.ts';
import { Operations } from './websocket/operations.ts';
import { Sockets } from './websocket/sockets.ts';

export interface GatewayServer {
  /** Base URL with the port really taken. */
  readonly url: string;
  readonly sockets: Sockets;
  /** Serves the connections that it is handed, too. */
  readonly http: EventEmitter;
  /** Ends every subscription with a close code that makes clients connect again, then what is under way. */
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 256 * 1024;
/** Long enough for any channel; the server's own limit on headers holds before. */
const MAX_PATH_PART = 16_384;
/** How often half-sent requests are looked for. */
const CHECK_REQUESTS_MS = 1000;
/** A connection on which nothing is sent nor read for so long is closed. */
const IDLE_MS = 60_000;
/** How long clients have to take in that the gateway stops. */
const GOODBYE_MS = 1000;

/** @throws AppError PORT_TAKEN */
export async function startServer(
  config: GatewayConfig,
  services: GatewayServices,
  log: Logger,
  onResponse?: onResponseHookHandler,
): Promise<GatewayServer> {
  const logger: FastifyBaseLogger = log;
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: trustOf(config.GATEWAY_TRUST_PROXY),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PATH_PART },
    requestTimeout: config.GATEWAY_REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_MS,
    http: {
      headersTimeout: config.GATEWAY_REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_REQUESTS_MS,
    },
  });
  if (onResponse !== undefined) app.addHook('onResponse', onResponse);
  traceRequests(app);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error: FastifyError, _request, reply) => replyError(error, reply, log));
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'not_found', message: 'GraphQL is at /graphql, the REST documentation at /docs.' }),
  );
  const sockets = new Sockets(config.GATEWAY_SOCKETS_PER_ADDRESS);

  await app.register(fastifyHelmet, { contentSecurityPolicy: false });
  if (config.GATEWAY_CORS_ORIGINS.length > 0) {
    await app.register(fastifyCors, {
      origin: config.GATEWAY_CORS_ORIGINS.includes('*') ? true : config.GATEWAY_CORS_ORIGINS,
    });
  }
  const isLimited = config.GATEWAY_RATE_LIMIT_PER_MINUTE > 0;
  if (isLimited) {
    await app.register(fastifyRateLimit, {
      max: config.GATEWAY_RATE_LIMIT_PER_MINUTE,
      timeWindow: '1 minute',
      keyGenerator: ({ ip }) => addressKey(ip),
    });
  }
  await app.register(fastifyWebsocket, {
    options: { maxPayload: BODY_LIMIT_BYTES },
    errorHandler: (_error, socket) => socket.terminate(),
    // The sockets are closed before the server, with the reason.
    preClose: (done) => done(),
  });
  await app.register(fastifySwagger, { openapi: OPENAPI, transform: jsonSchemaTransform });
  await app.register(fastifySwaggerUi, { routePrefix: '/docs' });

  const context = () => requestContext(services);
  const schema = executableSchema();
  const introspection = config.GATEWAY_INTROSPECTION;
  const told = toldErrors(log, introspection);
  const apollo = apolloServer(app, schema, { introspection, persisted: services.persisted, told });
  await apollo.start();
  const countOperation = isLimited ? app.createRateLimit() : undefined;
  const admission = new Admission({
    schema,
    documents: documentChecker(schema, introspection),
    persisted: services.persisted,
    context,
    told: (error) => told(formattedOf(error), error),
  });
  const operations = new Operations({
    admission,
    mayAsk: async (request) => {
      const counted = await countOperation?.(request);
      return counted === undefined || counted.isAllowed || !counted.isExceeded;
    },
    initTimeoutMs: config.GATEWAY_REQUEST_TIMEOUT_MS,
    log,
  });
  const limits = {
    operations: config.GATEWAY_SUBSCRIPTIONS_PER_SOCKET,
    operationsPerMinute: config.GATEWAY_OPERATIONS_PER_SOCKET,
    waitingBytes: config.GATEWAY_WAITING_BYTES_PER_SOCKET,
  };
  const mayOpen = async ({ ip }: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
    if (sockets.mayOpen(ip)) return true;
    await reply.code(429).send({
      error: 'too_many_sockets',
      message: `An address may have ${config.GATEWAY_SOCKETS_PER_ADDRESS} sockets and streams open; close some first.`,
    });
    return false;
  };
  const handler = fastifyApolloHandler(apollo, { context: async () => context() });
  app.route({
    method: 'GET',
    url: '/graphql',
    schema: { hide: true },
    preValidation: async (request, reply) => {
      if (request.ws) await mayOpen(request, reply);
      const { accept, origin, 'sec-fetch-site': fetchSite, 'sec-fetch-mode': fetchMode } = request.headers;
      // Apollo asks every plain GET for this header.
      if (isUnforgeable({ accept, origin, fetchSite: fetchSite?.toString(), fetchMode: fetchMode?.toString() }))
        request.headers['apollo-require-preflight'] = 'true';
    },
    handler,
    wsHandler: (socket, request) => {
      const connection = new Connection(socket, request, limits);
      sockets.add(connection, request.ip);
      operations.serve(connection);
    },
  });
  app.route({ method: 'POST', url: '/graphql', schema: { hide: true }, handler });
  if (introspection) registerSchemaFile(app, schemaText());
  if (config.GATEWAY_EXPLORER) await registerExplorer(app, EXPLORER_DIST);
  const streams = new Streams({
    admission,
    sockets,
    mayOpen,
    operationsPerMinute: config.GATEWAY_OPERATIONS_PER_SOCKET,
    waitingBytes: config.GATEWAY_WAITING_BYTES_PER_SOCKET,
    log,
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql/stream',
    schema: { hide: true },
    preValidation: async (request, reply) => {
      await mayOpen(request, reply);
    },
    handler: (request, reply) => streams.serve(request, reply),
  });
  registerRest(app, {
    context,
    certainty: () => new Certainty(() => services.proven.point),
    health: services.health,
  });

  try {
    await app.listen({ host: config.GATEWAY_HOST, port: config.GATEWAY_PORT });
  } catch (cause) {
    await apollo.stop();
    await app.close();
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new AppError(
      'PORT_TAKEN',
      `Port ${config.GATEWAY_PORT} is taken; set GATEWAY_PORT to another port, or 0 for a free one.`,
      { cause },
    );
  }
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://${config.GATEWAY_HOST}:${port}`,
    sockets,
    http: app.server,
    async close() {
      await sockets.shut(GOING_AWAY, GOODBYE_MS);
      await apollo.stop();
      await app.close();
    },
  };
}

function replyError(
  error: FastifyError,
  reply: { code(status: number): { send(body: unknown): unknown } },
  log: Logger,
): unknown {
  if (error instanceof GraphQLError) {
    const { http, code } = error.extensions as { http?: { status?: number }; code?: string };
    const status = http?.status ?? 400;
    return reply.code(status).send({ error: (code ?? 'bad_request').toLowerCase(), message: error.message });
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    log.error({ err: error }, 'request failed');
    return reply.code(status).send({
      error: 'internal',
      message: 'Something went wrong here, not with your request. It is logged; try again later.',
    });
  }
  return reply
    .code(status)
    .send({ error: status === 429 ? 'too_many_requests' : 'bad_request', message: error.message });
}
