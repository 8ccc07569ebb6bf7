import type { Base58Address } from './chain-connection.ts';

/** A key pair, such as web3.js's Keypair. */
export interface KeyPayer {
  publicKey: Base58Address & { toBytes(): Uint8Array };
  /** 64 bytes: seed and public key. Never logged, never put in an error. */
  secretKey: Uint8Array;
}

/** A wallet, such as a wallet adapter's: it is given a web3.js Transaction and gives it back signed. */
export interface WalletPayer {
  publicKey: Base58Address & { toBytes(): Uint8Array };
  signTransaction(transaction: object): Promise<object>;
}

/** Who pays for and signs a transaction. */
export type Payer = KeyPayer | WalletPayer;
