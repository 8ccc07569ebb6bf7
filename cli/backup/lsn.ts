/** Positions in the WAL, and the names of the files that hold them. Pure. */

/** Where a server writes: another server, or a restored one, has another system id or timeline. */
export interface WalLine {
  readonly systemId: string;
  readonly timeline: number;
}

/** @param text As PostgreSQL writes it: 0/3000148. */
export function parseLsn(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
}

/** Name of the file that holds the byte at a position. @param segmentBytes wal_segment_size of the server. */
export function segmentName(timeline: number, lsn: bigint, segmentBytes: number): string {
  const size = BigInt(segmentBytes);
  const number = lsn / size;
  const perFile = (1n << 32n) / size;
  return [BigInt(timeline), number / perFile, number % perFile]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}

export function segmentStart(lsn: bigint, segmentBytes: number): bigint {
  return lsn - (lsn % BigInt(segmentBytes));
}
