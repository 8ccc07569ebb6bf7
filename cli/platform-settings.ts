/** Which running `npm start` a tool works on, and what it takes from it. */

import { resolve } from 'node:path';
import type { RunningPlatform } from '../local/start/running-platform.ts';
import type { Environment } from '../runtime/config.ts';
import { AppError } from '../runtime/errors.ts';

/** Variables that say where a platform is: never mixed of two platforms. */
const PLACES = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'DATABASE_URL'] as const;

export interface PlatformSettings {
  /** To be set in the environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** For the person at the terminal. */
  readonly note: string;
}

export interface Choice {
  readonly env: Environment;
  /** Platforms that run now. */
  readonly running: readonly RunningPlatform[];
  /** Data folder that was asked for by --data. */
  readonly asked?: string | undefined;
  /** Data folder of `npm start` without --data. */
  readonly usual: string;
}

/**
 * What a tool takes from a running platform; undefined where none runs. A platform that was asked for says where everything is.
 * Else one is taken only where the environment names no other parts, and fills in what is not set.
 * @throws AppError OPTION_INVALID when no platform runs where it was asked for; OPTION_MISSING when several run.
 */
export function platformSettings({ env, running, asked, usual }: Choice): PlatformSettings | undefined {
  const isSet = (name: string): boolean => (env[name]?.trim() ?? '') !== '';
  if (asked !== undefined) {
    const [chosen] = running.filter(({ dataDir }) => dataDir === resolve(asked));
    if (chosen === undefined)
      throw new AppError(
        'OPTION_INVALID',
        `No npm start runs on ${resolve(asked)}: start it with \`npm start -- --data ${asked}\`, or leave --data out and set KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL.`,
      );
    const places = new Set<string>(PLACES);
    return settingsOf(chosen, (name) => places.has(name) || !isSet(name));
  }
  const agreeing = running.filter(({ variables }) =>
    PLACES.every((name) => !isSet(name) || env[name]?.trim() === variables[name]),
  );
  const chosen = agreeing.find(({ dataDir }) => dataDir === resolve(usual)) ?? agreeing[0];
  if (chosen === undefined) return undefined;
  if (agreeing.length > 1 && chosen.dataDir !== resolve(usual))
    throw new AppError(
      'OPTION_MISSING',
      `Several platforms run: choose one with ${agreeing.map(({ dataDir }) => `--data ${dataDir}`).join(' or ')}.`,
    );
  return settingsOf(chosen, (name) => !isSet(name));
}

function settingsOf({ dataDir, pid, variables }: RunningPlatform, takes: (name: string) => boolean): PlatformSettings {
  return {
    variables: Object.fromEntries(Object.entries(variables).filter(([name]) => takes(name))),
    note: `working on the npm start of ${dataDir} (process ${pid})`,
  };
}
