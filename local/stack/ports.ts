import { createServer } from 'node:net';
import { AppError } from '../../runtime/errors.ts';

/** Tries to listen on 127.0.0.1; gives the port got (the kernel's choice for 0) or undefined when it is taken. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** What a part asks for. */
export interface PortWish {
  /** For the error message: "Kafka". */
  readonly name: string;
  /** Asked for by the user: this one or an error. */
  readonly given?: number | undefined;
  /** Nice to have: this one or one of the next nine. */
  readonly preferred?: number | undefined;
}

/**
 * A port of 127.0.0.1 that was free a moment ago: the given one, or the preferred one or one close above it, or the kernel's choice.
 * AppError STACK_PORT_TAKEN when the given one is taken.
 */
export async function pickPort({ name, given, preferred }: PortWish): Promise<number> {
  if (given !== undefined) {
    if ((await tryPort(given)) !== undefined) return given;
    throw new AppError(
      'STACK_PORT_TAKEN',
      `Port ${given}, given for ${name}, is in use: stop its owner or give another port.`,
    );
  }
  if (preferred !== undefined) {
    for (let port = preferred; port < preferred + 10; port++) {
      if ((await tryPort(port)) !== undefined) return port;
    }
  }
  const port = await tryPort(0);
  if (port === undefined) throw new AppError('STACK_PORT_TAKEN', `No free port of 127.0.0.1 can be had for ${name}.`);
  return port;
}
