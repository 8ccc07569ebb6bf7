import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What litesvm is asked to run. */
export type RunRequest = {
  /** With litesvm in its node_modules. */
  folder: string;
  accounts: readonly { address: string; lamports: string; owner: string; base64: string }[];
  /** Addresses that are looked at after each transaction. */
  watched: readonly string[];
  /** Serialised, base64; run in this order on the same accounts. */
  transactions: readonly string[];
};

/** What became of one of them. */
export type RunAnswer = {
  /** In litesvm's words; null without one. */
  error: string | null;
  units: number;
  /** Of each address watched: lamports, owner and data (base64), parted by spaces; empty where nothing is. */
  accounts: string[];
};

/** Runs transactions in litesvm, in a process of its own: what it loads is not for the tests' module loader. */
export async function runInLitesvm(request: RunRequest): Promise<RunAnswer[]> {
  const script = fileURLToPath(new URL('./litesvm-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify(request));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [output, errors, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0) throw new Error(`litesvm ended with status ${status}: ${errors}`);
  return JSON.parse(output) as RunAnswer[];
}
