/** Numbers as people read them. Pure. */

const THIN_SPACE = '\u202f';

/** Decimal digits in groups of three. */
export function grouped(digits: string | number | bigint): string {
  return String(digits).replace(/\B(?=(\d{3})+(?!\d))/g, THIN_SPACE);
}

/** `1 slot`, `2 slots`; the plural is the word with an s. */
export function counted(count: string | number | bigint, word: string): string {
  return `${grouped(count)} ${word}${String(count) === '1' ? '' : 's'}`;
}

/** The two ends of a hash, an address or a signature. */
export function shortened(text: string, ends = 6): string {
  return text.length <= 2 * ends + 1 ? text : `${text.slice(0, ends)}…${text.slice(-ends)}`;
}

/** How long, in the two largest units that say something. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${grouped(Math.floor(whole / 86_400))} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** An instant, as the reader's clock has it. */
export function instant(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** The time of an instant of today, the day of another. */
export function timeOfDay(iso: string, now: Date): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return at.toDateString() === now.toDateString()
    ? at.toLocaleTimeString(undefined, { timeStyle: 'medium' })
    : at.toLocaleDateString(undefined, { dateStyle: 'medium' });
}
