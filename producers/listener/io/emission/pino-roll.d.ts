declare module 'pino-roll' {
  import type { Writable } from 'node:stream';

  interface PinoRollOptions {
    readonly file: string;
    /** E.g. `10m`, `500k`. */
    readonly size?: string | number;
    readonly limit?: { readonly count?: number; readonly removeOtherLogFiles?: boolean };
    readonly mkdir?: boolean;
    readonly sync?: boolean;
  }

  export default function build(options: PinoRollOptions): Promise<Writable>;
}
