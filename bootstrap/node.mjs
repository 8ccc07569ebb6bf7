import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './child.mjs';
import { installAlone } from './npm.mjs';
import { toolsDir } from './paths.mjs';
import { BootstrapError } from './progress.mjs';
import { versions } from './versions.mjs';

function isNewEnough(version) {
  const have = version.split('.').map(Number);
  const need = versions.nodeMinimum.split('.').map(Number);
  for (let index = 0; index < need.length; index++) {
    if (have[index] !== need[index]) return have[index] > need[index];
  }
  return true;
}

function packageName() {
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

function executableIn(prefix) {
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  return join(prefix, 'node_modules', packageName(), 'bin', program);
}

/** The Node to run everything with, when it is here already; undefined when it has to be installed. */
export function findNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const provisioned = executableIn(join(toolsDir, 'node'));
  return existsSync(provisioned) ? provisioned : undefined;
}

/** Installs Node from npm into the tools folder and gives its path: whole, or not at all. */
export async function provisionNode() {
  const wanted = `${packageName()}@${versions.nodeProvisioned}`;
  mkdirSync(toolsDir, { recursive: true });
  const prefix = mkdtempSync(join(toolsDir, 'node-'));
  try {
    const title = `Node ${process.versions.node} is older than ${versions.nodeMinimum}: installing Node ${versions.nodeProvisioned}`;
    const advice = `or install Node ${versions.nodeMinimum} or newer yourself`;
    const what = `Installing Node ${versions.nodeProvisioned} (${wanted}; ${advice})`;
    await installAlone(process.execPath, wanted, prefix, { title, what });
    const check = await capture(executableIn(prefix), ['--version']);
    if (check.code !== 0)
      throw new BootstrapError(`The Node that npm provides does not run on this machine; ${advice}.`);
    rmSync(join(toolsDir, 'node'), { recursive: true, force: true });
    renameSync(prefix, join(toolsDir, 'node'));
    return executableIn(join(toolsDir, 'node'));
  } finally {
    rmSync(prefix, { recursive: true, force: true });
  }
}
