/** What can be seen to be impossible before anything is started. */

import { z } from 'zod';
import { booleanText, type Environment, loadConfig } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';
import type { StartOptions } from './options.ts';

/** Whether roots are sent to the chain, by the variables alone. @param fallback Where AUTO_PUBLISH is unset. */
export function publishes(env: Environment, fallback: boolean): boolean {
  return loadConfig(z.object({ AUTO_PUBLISH: booleanText.default(fallback) }), env).AUTO_PUBLISH;
}

/** @throws AppError OPTION_MISSING, OPTION_INVALID with what to set. */
export function checkOptions(options: StartOptions, env: Environment): void {
  const { rpc, ws, traffic, untilSettled } = options;
  if (rpc === undefined) {
    if (ws !== undefined)
      throw new AppError('OPTION_INVALID', '--ws is the WebSocket of the chain that --rpc names: give --rpc too.');
    if (untilSettled !== undefined && !publishes(env, true)) throw neverSettled('AUTO_PUBLISH is false');
    return;
  }
  if (traffic === true) {
    if (!env['TRAFFIC_ADMIN_KEYPAIR'])
      throw new AppError(
        'OPTION_MISSING',
        '--traffic on the chain of --rpc needs TRAFFIC_ADMIN_KEYPAIR (or --admin-keypair): the keypair file of whoever opens the protocol there, or is its administrator or publisher already. MINT_PUBKEY names a protocol that is there; without it one is opened for a new mint. Set it, or leave --traffic out.',
      );
    if (untilSettled !== undefined && !publishes(env, true)) throw neverSettled('AUTO_PUBLISH is false');
    return;
  }
  if (untilSettled !== undefined) {
    const missing = ['MINT_PUBKEY', 'SETTLEMENT_KEYPAIR'].filter((name) => !env[name]);
    if (missing.length > 0) throw neverSettled(`${missing.join(' and ')} not set`);
    if (!publishes(env, false)) throw neverSettled('AUTO_PUBLISH is not true');
  }
}

function neverSettled(why: string): AppError {
  return new AppError(
    'OPTION_INVALID',
    `--until-settled would never be reached: ${why}. Set AUTO_PUBLISH=true (with MINT_PUBKEY and SETTLEMENT_KEYPAIR on another chain), or ask for --until-roots.`,
  );
}
