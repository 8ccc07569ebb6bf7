import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './child.mjs';
import { withLock } from './file-lock.mjs';
import { installAlone } from './npm.mjs';
import { toolsDir } from './paths.mjs';
import { BootstrapError } from './progress.mjs';
import { versions } from './versions.mjs';

/**
 * The folder with litesvm in its node_modules, installed into the tools folder when it is not there: whole, or not at all.
 * It is no dependency of the platform, because it brings a binary for each machine. Throws BootstrapError.
 */
export async function provisionLitesvm() {
  const folder = join(toolsDir, `litesvm-${versions.litesvm}`);
  mkdirSync(toolsDir, { recursive: true });
  return withLock(
    `${folder}.lock`,
    () => undefined,
    async () => {
      if (existsSync(folder)) return folder;
      const prefix = mkdtempSync(`${folder}-`);
      try {
        const wanted = `litesvm@${versions.litesvm}`;
        await installAlone(process.execPath, wanted, prefix, { options: ['--ignore-scripts', '--fetch-retries=1'] });
        const check = await capture(process.execPath, ['-e', "require('litesvm')"], { cwd: prefix });
        if (check.code !== 0) throw new BootstrapError(`${wanted} does not run on this machine.`);
        renameSync(prefix, folder);
        return folder;
      } finally {
        rmSync(prefix, { recursive: true, force: true });
      }
    },
  );
}
