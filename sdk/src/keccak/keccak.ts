import { activeKernel } from './active-kernel.ts';

/** Keccak-256 (the original padding, as the program and Ethereum use it; not SHA3-256) of any bytes: 32 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  const hash = new Uint8Array(32);
  activeKernel().hashMessages(bytes, Uint32Array.of(bytes.length), 1, hash);
  return hash;
}
