/** An OAuth server for the tests: gives tokens to one client, and shows the key that they are signed with. */

import { createSign, generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

const LIFE_S = 300;

export class TokenEndpoint {
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #client: string;
  readonly #server: Server;
  /** Scopes asked for, by the tokens that were given. */
  readonly given: (string | null)[] = [];

  private constructor(id: string, secret: string) {
    this.#client = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    this.#server = createServer((request, response) => {
      const reply = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      if (request.url === '/jwks') return reply(200, { keys: [this.#publicKey()] });
      return void text(request).then((body) => {
        const form = new URLSearchParams(body);
        const isClient = request.headers.authorization === this.#client;
        if (!isClient || form.get('grant_type') !== 'client_credentials')
          return reply(401, { error: 'invalid_client' });
        this.given.push(form.get('scope'));
        return reply(200, { access_token: this.#token(id), token_type: 'Bearer', expires_in: LIFE_S });
      });
    });
  }

  static async start(id: string, secret: string): Promise<TokenEndpoint> {
    const endpoint = new TokenEndpoint(id, secret);
    await new Promise<void>((done) => endpoint.#server.listen(0, '127.0.0.1', done));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #publicKey(): object {
    return { ...this.#keys.publicKey.export({ format: 'jwk' }), kid: 'test', use: 'sig', alg: 'RS256' };
  }

  #token(subject: string): string {
    const now = Math.floor(Date.now() / 1000);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const head = part({ alg: 'RS256', typ: 'JWT', kid: 'test' });
    const content = `${head}.${part({ iss: this.url, sub: subject, aud: 'kafka', scope: 'kafka', iat: now, exp: now + LIFE_S })}`;
    return `${content}.${createSign('RSA-SHA256').update(content).sign(this.#keys.privateKey, 'base64url')}`;
  }
}
