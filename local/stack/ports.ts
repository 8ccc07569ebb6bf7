import { createServer } from 'node:net';
import { AppError } from '../../runtime/errors.ts';

/** A port of 127.0.0.1 that nobody else gets until it is released. */
interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

/** Listens on a port, on the kernel's choice for 0; undefined when it is taken. */
function holdPort(port: number): Promise<HeldPort | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const release = (): Promise<void> => new Promise((done) => server.close(() => done()));
      resolve(typeof address === 'object' && address !== null ? { port: address.port, release } : undefined);
    });
  });
}

/** Tries to listen on a port; gives the port got, or undefined when it is taken. */
async function tryPort(port: number): Promise<number | undefined> {
  const held = await holdPort(port);
  await held?.release();
  return held?.port;
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
 * With AO_PORTS=any no port is preferred: copies that begin at the same moment would both prefer the same one.
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
  if (preferred !== undefined && process.env['AO_PORTS'] !== 'any') {
    for (let port = preferred; port < preferred + 10; port++) {
      if ((await tryPort(port)) !== undefined) return port;
    }
  }
  const port = await tryPort(0);
  if (port === undefined) throw new AppError('STACK_PORT_TAKEN', `No free port of 127.0.0.1 can be had for ${name}.`);
  return port;
}

/** A port of the kernel's choice for each name. No two get the same one, as they would now and then when asked for in turn. */
export async function pickPorts(names: readonly string[]): Promise<Map<string, number>> {
  const held = await Promise.all(names.map(async (name) => ({ name, hold: await holdPort(0) })));
  for (const { hold } of held) await hold?.release();
  return new Map(
    held.map(({ name, hold }) => {
      if (hold === undefined)
        throw new AppError('STACK_PORT_TAKEN', `No free port of 127.0.0.1 can be had for ${name}.`);
      return [name, hold.port];
    }),
  );
}
