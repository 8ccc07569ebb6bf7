import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './file-lock.mjs';
import { toolsDir } from './paths.mjs';
import { BootstrapError, step } from './progress.mjs';

/**
 * A folder of the tools folder, filled the first time: whole, or not at all. `fill` gets an empty folder, and throws BootstrapError with the
 * reason where it cannot be had. Gives the folder.
 */
export async function provisionedFolder({ name, title }, fill) {
  const target = join(toolsDir, name);
  mkdirSync(toolsDir, { recursive: true });
  await withLock(
    `${target}.lock`,
    () => undefined,
    async () => {
      if (existsSync(target)) return;
      const fresh = mkdtempSync(`${target}-`);
      try {
        await step(
          `Fetching ${title}`,
          () => '',
          () => fill(fresh),
        );
        renameSync(fresh, target);
      } catch (error) {
        if (!(error instanceof BootstrapError)) throw error;
        throw new BootstrapError(`${title} cannot be had here: ${error.message}`);
      } finally {
        rmSync(fresh, { recursive: true, force: true });
      }
    },
  );
  return target;
}
