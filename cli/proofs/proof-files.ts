/** Proofs of settled roots as files that any web server or CDN can hold, at the paths of the gateway's REST facade. */

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexToBytes, verifyProof } from '@attention-oracle/sdk';
import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';

/** What is asked of the gateway for one root. */
export interface SettledRoot {
  readonly channel: string;
  readonly epoch: string;
  readonly root: string;
  readonly count: number;
}

export interface WrittenProofs {
  readonly written: number;
  /** There already: a proof of a settled root never changes. */
  readonly kept: number;
}

const document = z.object({ leaf: z.string(), proof: z.array(z.string()), root: z.string(), settled: z.literal(true) });
const AT_ONCE = 16;
const MAX_NAME_BYTES = 255;

/**
 * Writes every proof of a root, each checked first; those that are there are left alone, so that a run that was ended is taken up again.
 * @param gateway URL without a path.
 * @throws AppError PROOFS_NOT_WRITTEN with what is odd about the channel's name or an answer.
 */
export async function writeProofs(gateway: string, root: SettledRoot, directory: string): Promise<WrittenProofs> {
  const path = join(directory, 'api/v1/proofs', fileName(root.channel), root.epoch);
  mkdirSync(path, { recursive: true });
  const missing = Array.from({ length: root.count }, (_, index) => index).filter(
    (index) => !existsSync(join(path, String(index))),
  );
  for (let from = 0; from < missing.length; from += AT_ONCE) {
    await Promise.all(missing.slice(from, from + AT_ONCE).map((index) => writeProof(gateway, root, index, path)));
  }
  return { written: missing.length, kept: root.count - missing.length };
}

async function writeProof(gateway: string, root: SettledRoot, index: number, path: string): Promise<void> {
  const { channel, epoch } = root;
  const name = `${channel}, epoch ${epoch}, index ${index}`;
  const response = await fetch(`${gateway}/api/v1/proofs/${encodeURIComponent(channel)}/${epoch}/${index}`);
  const text = await response.text();
  if (response.status !== 200) throw notWritten(`the gateway answered ${response.status} for ${name}`);
  const { success, data } = document.safeParse(JSON.parse(text));
  if (!success) throw notWritten(`the gateway's proof of ${name} is not that of a settled root`);
  const leaf = hexToBytes(data.leaf);
  if (data.root !== root.root || !verifyProof(leaf, data.proof.map(hexToBytes), hexToBytes(root.root))) {
    throw notWritten(`the gateway's proof of ${name} does not lead to its root ${root.root}`);
  }
  const file = join(path, String(index));
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

/** As a web server looks it up once it has decoded the path. */
function fileName(channel: string): string {
  const isPlain = !/[/\0]/.test(channel) && channel !== '.' && channel !== '..' && channel !== '';
  if (isPlain && Buffer.byteLength(channel) <= MAX_NAME_BYTES) return channel;
  throw notWritten(`no file can have the name of channel ${JSON.stringify(channel.slice(0, 40))}`);
}

function notWritten(why: string): AppError {
  return new AppError('PROOFS_NOT_WRITTEN', `${why}: its proofs are left out; the gateway serves them as before`);
}
