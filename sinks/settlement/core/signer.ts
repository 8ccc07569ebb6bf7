/** Who signs publications and pays for them. */

/** One key. */
export interface SigningKey {
  /** Its public key, base58. */
  readonly address: string;
  /**
   * Signs the message of a transaction (Ed25519, 64 bytes).
   * @throws AppError SIGNER_UNAVAILABLE, SIGNER_REFUSED, SIGNER_WRONG. Nothing of a key or token is ever in an error.
   */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

export interface Signer {
  /** The key to sign with as of now: another one after a rotation. */
  readonly current: SigningKey;
}
