import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findJava } from '../../bootstrap/java.mjs';
import { toolsDir } from '../../bootstrap/paths.mjs';
import { isAlive } from '../../bootstrap/process-identity.mjs';
import { AppError, messageOf } from '../../runtime/errors.ts';

/** Path of a Java that runs the broker and the registry. AppError STACK_NO_JAVA says what to install. */
export async function javaPath(): Promise<string> {
  try {
    return await findJava();
  } catch (error) {
    throw new AppError('STACK_NO_JAVA', messageOf(error), { cause: error });
  }
}

/** Options of every JVM here: small, quick to start, nothing left in the system's temporary folder. */
export function jvmOptions(heapMb: number, tmpDir: string): string[] {
  return [
    '-Xms64m',
    `-Xmx${heapMb}m`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:-UsePerfData',
    '-Djava.awt.headless=true',
    `-Djava.io.tmpdir=${tmpDir}`,
  ];
}

/** An archive of loaded classes (AppCDS), which takes seconds off the next start. */
export interface ClassArchive {
  /** Options to start the JVM with: use the archive, or make it at exit when there is none. */
  readonly options: readonly string[];
  /** To be called with how the JVM has ended: puts a newly made archive in place, unless it was cut off in the making. */
  keep(how: string): void;
}

const quiet = ['-Xshare:auto', '-Xlog:disable', '-Xlog:all=error:stderr'];

/** Removes what JVMs whose owner was killed have left half-made. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const owner = /\.jsa\.(\d+)\./.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) rmSync(join(folder, name), { force: true });
  }
}

/** The class archive for this Java and this class path; a changed one gets another file. */
export function classArchive(name: string, java: string, classPath: string): ClassArchive {
  const folder = join(toolsDir, 'class-archives');
  const key = createHash('sha256')
    .update(`${realpathSync(java)}\n${classPath}`)
    .digest('hex')
    .slice(0, 16);
  const file = join(folder, `${name}-${key}.jsa`);
  if (existsSync(file)) return { options: [`-XX:SharedArchiveFile=${file}`, ...quiet], keep: () => undefined };
  const fresh = `${file}.${process.pid}.${Date.now()}`;
  try {
    mkdirSync(folder, { recursive: true });
    removeAbandoned(folder);
  } catch {
    // Tools that somebody else owns: it starts without an archive, only slower.
    return { options: quiet, keep: () => undefined };
  }
  return {
    options: [`-XX:ArchiveClassesAtExit=${fresh}`, ...quiet],
    keep(how) {
      if (!existsSync(fresh)) return;
      if (existsSync(file) || how.startsWith('signal')) rmSync(fresh, { force: true });
      else renameSync(fresh, file);
    },
  };
}
