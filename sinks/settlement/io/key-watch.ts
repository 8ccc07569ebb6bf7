/** The key that is signed with, looked at again and again, so that it can be changed without a restart. */

import type { Holds } from '../../../runtime/holds.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { Signer, SigningKey } from '../core/signer.ts';

const LOOK_MS = 5000;
const SUBJECT = 'settlement key';

export interface KeyWatchOptions {
  /** Reads the key that is to be used now. */
  load(): Promise<SigningKey>;
  readonly holds: Holds;
  readonly log: Logger;
}

export class KeyWatch implements Signer {
  readonly #options: KeyWatchOptions;
  #current: SigningKey;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: KeyWatchOptions, first: SigningKey) {
    this.#options = options;
    this.#current = first;
  }

  /** @throws what `load` throws. */
  static async start(options: KeyWatchOptions): Promise<KeyWatch> {
    const watch = new KeyWatch(options, await options.load());
    watch.#schedule();
    return watch;
  }

  get current(): SigningKey {
    return this.#current;
  }

  /** Takes the key that is to be used now. One that cannot be read changes nothing: the former one signs on, and it is held. */
  async look(): Promise<void> {
    const { load, holds, log } = this.#options;
    try {
      const key = await load();
      if (key.address !== this.#current.address) {
        log.info({ former: this.#current.address, payer: key.address }, 'the settlement key was changed');
      }
      this.#current = key;
      holds.release(SUBJECT);
    } catch (error) {
      holds.hold(SUBJECT, error);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      void this.look().then(() => {
        if (this.#timer !== undefined) this.#schedule();
      });
    }, LOOK_MS).unref();
  }
}
