import { createRequire } from 'node:module';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { RunAnswer, RunRequest } from './litesvm.ts';

/** The part of litesvm and of its kit that is used here; they are installed beside the platform, not in it. */
type Metadata = { computeUnitsConsumed(): bigint };
type Failed = { err(): unknown; meta(): Metadata; toString(): string };
type Svm = {
  withBlockhashCheck(check: boolean): Svm;
  setAccount(account: {
    address: string;
    lamports: bigint;
    data: Uint8Array;
    programAddress: string;
    executable: boolean;
  }): void;
  sendTransaction(transaction: unknown): Metadata | Failed;
  getAccount(address: string): { exists: boolean; lamports: bigint; programAddress: string; data: Uint8Array };
};

/** Runs transactions one after the other in litesvm: the request on standard input, the answer on standard output. */
const request = (await json(process.stdin)) as RunRequest;
const installed = createRequire(join(request.folder, 'node_modules', 'litesvm', 'package.json'));
const { LiteSVM } = installed('litesvm') as { LiteSVM: new () => Svm };
const { getTransactionDecoder } = installed('@solana/kit') as {
  getTransactionDecoder(): { decode(bytes: Uint8Array): unknown };
};

// The blockhashes are those of the other chain.
const svm = new LiteSVM().withBlockhashCheck(false);
for (const { address, lamports, owner, base64 } of request.accounts) {
  svm.setAccount({
    address,
    lamports: BigInt(lamports),
    data: Buffer.from(base64, 'base64'),
    programAddress: owner,
    executable: false,
  });
}
const answers = request.transactions.map((base64): RunAnswer => {
  const outcome = svm.sendTransaction(getTransactionDecoder().decode(Buffer.from(base64, 'base64')));
  const failed = 'err' in outcome;
  const meta = failed ? outcome.meta() : outcome;
  return {
    error: failed ? (/err: (.*), meta: /s.exec(outcome.toString())?.[1] ?? 'unreadable') : null,
    units: Number(meta.computeUnitsConsumed()),
    accounts: request.watched.map(describeAccount),
  };
});

function describeAccount(address: string): string {
  const { exists, lamports, programAddress, data } = svm.getAccount(address);
  return exists && lamports > 0n ? `${lamports} ${programAddress} ${Buffer.from(data).toString('base64')}` : '';
}

process.stdout.write(JSON.stringify(answers));
