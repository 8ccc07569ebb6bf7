const LIMIT_BYTES = 10_000;

/** The log lines of one transaction, cut off after 10,000 bytes as a validator does. */
export class LogCollector {
  readonly lines: string[] = [];
  #bytes = 0;
  #truncated = false;

  push(line: string): void {
    if (this.#truncated) return;
    this.#bytes += Buffer.byteLength(line);
    if (this.#bytes > LIMIT_BYTES) {
      this.#truncated = true;
      this.lines.push('Log truncated');
      return;
    }
    this.lines.push(line);
  }
}
