/** Field prime and curve constant of Ed25519 (RFC 8032, section 5.1). */
const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/**
 * Whether 32 bytes are the encoding of a point of Ed25519, by the decompression of RFC 8032, 5.1.3, with the leniency of
 * curve25519-dalek, which the chain uses: a y of p or more is reduced, and a sign bit on x = 0 is accepted.
 */
export function isOnEd25519Curve(bytes: Uint8Array): boolean {
  let y = 0n;
  for (let i = 31; i >= 0; i--) y = (y << 8n) | BigInt(i === 31 ? (bytes[i] as number) & 0x7f : (bytes[i] as number));
  const ySquared = (y * y) % P;
  const u = mod(ySquared - 1n);
  const v = mod(D * ySquared + 1n);
  // x² = u/v has a solution exactly when u·v is a square (Euler's criterion), v being never 0.
  const product = (u * v) % P;
  return product === 0n || power(product, (P - 1n) / 2n) === 1n;
}

function mod(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
