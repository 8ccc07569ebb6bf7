/** A number in [0, 1) that depends on nothing but the seed and the words; the same everywhere and at any time. */
export function seededFraction(seed: number, ...words: (string | number)[]): number {
  let hash = (seed ^ 0x9e3779b9) >>> 0;
  for (const word of words) {
    const text = typeof word === 'number' ? `#${word}` : word;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
    hash = mix(hash ^ 0x2545f491);
  }
  return mix(hash) / 0x1_0000_0000;
}

/** A whole number in [0, bound), by the same rule. */
export function seededInteger(bound: number, seed: number, ...words: (string | number)[]): number {
  return Math.floor(seededFraction(seed, ...words) * bound);
}

function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
}
