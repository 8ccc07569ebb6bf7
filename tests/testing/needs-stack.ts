import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const skippedFolders = new Set(['node_modules', 'dist', '.data', '.git']);
const usesStack = /\btestStack\b|AO_TEST_/;
const relativeImport = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+\.ts)'/g;

function* testFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name)) yield* testFiles(path);
    } else if (entry.name.endsWith('.test.ts')) {
      yield path;
    }
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // An import that is not there fails the test itself, with a better message.
    return '';
  }
}

/** Says whether a file, or one that it imports from here, uses the stack; what was looked at is not looked at again. */
function reachesStack(path: string, seen: Set<string>): boolean {
  if (seen.has(path)) return false;
  seen.add(path);
  const source = read(path);
  if (usesStack.test(source)) return true;
  return [...source.matchAll(relativeImport)].some(([, target = '']) =>
    reachesStack(resolve(dirname(path), target), seen),
  );
}

/** Says whether any test file that the run selects uses the shared stack, itself or through a helper; isSelected gets absolute paths. */
export function anySelectedTestNeedsStack(rootDir: string, isSelected: (path: string) => boolean): boolean {
  const seen = new Set<string>();
  for (const path of testFiles(rootDir)) {
    if (isSelected(path) && reachesStack(path, seen)) return true;
  }
  return false;
}
