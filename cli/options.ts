/** What options of several commands take. */

import { InvalidArgumentError } from 'commander';

export function wholeAbove0(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number above 0');
  return Number(text);
}

/** The place of a leaf. */
export function leafIndex(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('an index is a whole number, from 0 on');
  return Number(text);
}

/** 64 hexadecimal digits. */
export function rootHash(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new InvalidArgumentError('a root is 64 hexadecimal digits');
  return text.toLowerCase();
}

export function epochNumber(text: string): string {
  if (!/^\d{1,20}$/.test(text)) throw new InvalidArgumentError('an epoch is a whole number');
  return text;
}
