/** What a role's /readyz says. */

import type { Hold } from '../../runtime/holds.ts';
import type { Checks } from '../../runtime/ops-server.ts';

interface Answer {
  readonly ready: boolean;
  readonly checks: Checks;
  readonly held?: readonly Hold[];
}

/** Undefined when the role is ready, else why it is not. @param opsUrl Base URL of its operators' door. */
export async function whyNotReady(opsUrl: string): Promise<string | undefined> {
  let answer: Answer;
  try {
    const response = await fetch(`${opsUrl}/readyz`, { signal: AbortSignal.timeout(2000) });
    answer = (await response.json()) as Answer;
  } catch {
    return 'does not answer yet';
  }
  if (answer.ready) return undefined;
  const [held] = answer.held ?? [];
  if (held !== undefined) return `${held.subject}: ${held.reason}`;
  const missing = Object.entries(answer.checks).flatMap(([name, isFine]) => (isFine ? [] : [name]));
  return missing.join(', ');
}

/** Why roles are not ready, each with its name; undefined when all are. */
export async function whatIsNotReady(
  roles: readonly { readonly name: string; readonly opsUrl: string }[],
): Promise<string | undefined> {
  const reasons = await Promise.all(
    roles.map(async ({ name, opsUrl }) => {
      const reason = await whyNotReady(opsUrl);
      return reason === undefined ? [] : [`${name} (${reason})`];
    }),
  );
  const all = reasons.flat();
  return all.length === 0 ? undefined : all.join(', ');
}

/** Says it on the console when a role that was ready is not any more, and why, and when it is again. */
export class ReadinessWatch {
  readonly #roles: readonly { readonly name: string; readonly opsUrl: string }[];
  readonly #log: (line: string) => void;
  /** Reason that was said, by role; one look alone may have met a restart. */
  readonly #said = new Map<string, string>();
  readonly #seen = new Map<string, string>();

  constructor(roles: readonly { readonly name: string; readonly opsUrl: string }[], log: (line: string) => void) {
    this.#roles = roles;
    this.#log = log;
  }

  async look(): Promise<void> {
    await Promise.all(this.#roles.map(async ({ name, opsUrl }) => this.#judge(name, await whyNotReady(opsUrl))));
  }

  #judge(name: string, reason: string | undefined): void {
    if (reason === undefined) {
      this.#seen.delete(name);
      if (this.#said.delete(name)) this.#log(`${name} is ready again`);
    } else if (this.#seen.get(name) !== reason) this.#seen.set(name, reason);
    else if (this.#said.get(name) !== reason) {
      this.#said.set(name, reason);
      this.#log(`${name} is not ready: ${reason}`);
    }
  }
}
