import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { capture } from './child.mjs';
import { toolsDir } from './paths.mjs';
import { BootstrapError, step } from './progress.mjs';

/** Says whether a folder, or where it is missing its nearest existing parent, can be written. */
export function isWritable(folder) {
  let at = folder;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    accessSync(at, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function npmEnvironment(node) {
  const env = { PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  // An unwritable home would fail the whole installation for want of a cache.
  if (process.env.npm_config_cache === undefined || !isWritable(process.env.npm_config_cache)) {
    if (!isWritable(join(homedir(), '.npm'))) env.npm_config_cache = join(toolsDir, 'npm-cache');
  }
  return env;
}

/** Runs npm with the given Node; gives what capture gives. The npm that started us is used, else the one on PATH. */
export function npm(node, args, { cwd }) {
  const env = npmEnvironment(node);
  const script = process.env.npm_execpath;
  if (script !== undefined && basename(script) === 'npm-cli.js' && existsSync(script)) {
    return capture(node, [script, ...args], { cwd, env });
  }
  return capture('npm', args, { cwd, env });
}

/** The one sentence for an npm that failed: what was wanted and npm's own first reasons. */
export function npmFailure(what, { code, output }) {
  const reasons = output
    .split('\n')
    .filter((line) => /^npm (error|ERR!)/.test(line))
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, ''))
    .filter((line) => line !== '' && !/complete log|^(at|code|syscall|errno|path|dest|command) |debug-/.test(line));
  const reason = reasons.slice(0, 2).join('; ') || (code === -1 ? output.trim() : `npm ended with status ${code}`);
  return new BootstrapError(
    `${what} failed: ${reason}. Check the network (or npm's settings) and run the command again.`,
  );
}

/**
 * Installs one package, with what it needs, into a folder that has nothing else. Throws BootstrapError.
 * `title` is shown meanwhile, `what` names it in the error (default: the title), `options` are further ones of npm.
 */
export async function installAlone(
  node,
  wanted,
  folder,
  { title = `Installing ${wanted}`, what = title, options = [] },
) {
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--loglevel=error', ...options];
  const result = await step(
    title,
    () => '',
    () => npm(node, [...args, wanted], { cwd: folder }),
  );
  if (result.code !== 0) throw npmFailure(what, result);
}
