/** Programs of bench/peers in Java: built by Maven in .data, apart from the repository's own. */

import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError, messageOf } from '../../runtime/errors.ts';

type JavaPeer = 'streams' | 'connect';

const PEERS = join(import.meta.dirname, '../peers');
const BUILT = join(import.meta.dirname, '../../.data/bench-peers');

/** Says on stderr why a peer is left out. @returns that reason; undefined where it was built. */
export async function reasonForNoPeer(peer: JavaPeer): Promise<string | undefined> {
  const folder = join(BUILT, peer);
  cpSync(join(PEERS, peer), folder, { recursive: true });
  try {
    await promisify(execFile)('mvn', ['-q', '-B', 'package'], { cwd: folder });
    return undefined;
  } catch (cause) {
    const error = new AppError('BENCH_PEER_MISSING', `Maven cannot build bench/peers/${peer}: ${messageOf(cause)}`);
    process.stderr.write(`${error.message}\n`);
    return error.message;
  }
}

export function classPathOf(peer: JavaPeer): string {
  return [join(BUILT, peer, `target/${peer}-peer.jar`), join(BUILT, peer, 'target/lib/*')].join(':');
}
