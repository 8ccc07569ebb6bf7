import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

/** What a process says of its own dumps after it has kept its memory out of them. */
function inProcess(filter = '/proc/self/coredump_filter'): string[] {
  const source = fileURLToPath(new URL('./no-core-dumps.ts', import.meta.url));
  const script = `
    const { keepOutOfDumps } = await import(${JSON.stringify(source)});
    const { readFileSync, writeFileSync } = await import('node:fs');
    // The filter of a process is that of its parent, which may have held a key itself.
    writeFileSync('/proc/self/coredump_filter', '0x33');
    keepOutOfDumps({ warn: (_, text) => console.log(text) }, ${JSON.stringify(filter)});
    console.log(readFileSync('/proc/self/coredump_filter', 'utf8').trim());`;
  const args = ['--conditions=@attention-oracle/source', '--input-type=module', '-e', script];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n');
}

/** Where there is no such file, there is nothing to keep out of with it. */
const hasFilter = existsSync('/proc/self/coredump_filter');
if (!hasFilter) process.stderr.write('NOT RUN: this system has no /proc/self/coredump_filter\n');
const onLinux = hasFilter ? describe : describe.skip;

onLinux('a process that holds a key', () => {
  it('has no memory in its core dumps', () => {
    expect(inProcess()).toEqual(['00000000']);
  });

  it('says what can be done from outside where the system does not let it', () => {
    const [said, left] = inProcess('/proc/self/no-such-filter');
    expect(said).toContain('ulimit -c 0');
    expect(left).toBe('00000033');
  });
});
