import { createHash } from 'node:crypto';
import { Keypair, PublicKey, SystemProgram, Transaction, TransactionInstruction } from '@solana/web3.js';
import { MEMO_PROGRAM } from '../core/programs/memo.ts';

/** Pays airdrops. Its key follows from the genesis hash, so it is the same after a restart; it exists on this chain only. */
export class Faucet {
  readonly #keypair: Keypair;
  #count = 0;

  constructor(genesisHash: string) {
    this.#keypair = Keypair.fromSeed(createHash('sha256').update(`faucet/${genesisHash}`).digest());
  }

  get address(): string {
    return this.#keypair.publicKey.toBase58();
  }

  /** A signed transfer. A memo makes each one different from the others. */
  transfer(to: string, lamports: number, blockhash: string): Uint8Array {
    const transaction = new Transaction({ feePayer: this.#keypair.publicKey, recentBlockhash: blockhash });
    transaction.add(
      SystemProgram.transfer({ fromPubkey: this.#keypair.publicKey, toPubkey: new PublicKey(to), lamports }),
      new TransactionInstruction({
        keys: [],
        programId: new PublicKey(MEMO_PROGRAM),
        data: Buffer.from(`airdrop ${++this.#count}`),
      }),
    );
    transaction.sign(this.#keypair);
    return transaction.serialize();
  }
}
