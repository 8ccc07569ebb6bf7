/** Options of a command that are whole numbers, and `--json`. */

import { parseArgs } from 'node:util';

export interface WholeNumberOption {
  readonly default: number;
  /** Least value. Default: 1. */
  readonly min?: number;
}

export type WholeNumbers<Name extends string> = Readonly<Record<Name, number>> & { readonly json: boolean };

/**
 * What the command was given. `--help` tells the usage with an example and ends with status 0; what is wrong ends with 2.
 * @param command As it is called: `npm run fuzz`.
 * @param example Its options.
 */
export function wholeNumberOptions<Name extends string>(
  command: string,
  wanted: Readonly<Record<Name, WholeNumberOption>>,
  example: string,
): WholeNumbers<Name> {
  const names = Object.keys(wanted) as Name[];
  const usage = `usage: ${command} -- ${names.map((name) => `[--${name} N]`).join(' ')} [--json], each N a whole number\nexample: ${command} -- ${example}\n`;
  const end = (status: number, reason = ''): never => {
    process.stderr.write(reason + usage);
    process.exit(status);
  };
  let values: Readonly<Record<string, string | boolean | undefined>> = {};
  try {
    ({ values } = parseArgs({
      options: {
        ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    end(2, `${(error as Error).message}\n`);
  }
  if (values['help'] === true) end(0);
  const numbers = names.map((name): [Name, number] => {
    const { default: usual, min = 1 } = wanted[name];
    const given = values[name];
    const number = given === undefined ? usual : Number(given);
    if (!Number.isSafeInteger(number) || number < min || given === '')
      end(2, `--${name} must be a whole number from ${min} on, not ${String(given)}.\n`);
    return [name, number];
  });
  return { ...(Object.fromEntries(numbers) as Record<Name, number>), json: values['json'] === true };
}
