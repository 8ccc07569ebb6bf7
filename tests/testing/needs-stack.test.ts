import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { anySelectedTestNeedsStack } from './needs-stack.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'needs-stack-'));
  mkdirSync(join(dir, 'role', 'node_modules'), { recursive: true });
  writeFileSync(join(dir, 'role', 'pure.test.ts'), "import { add } from './add.ts';\n");
  writeFileSync(join(dir, 'role', 'sink.test.ts'), "import { testStack } from './stack.ts';\n");
  writeFileSync(join(dir, 'role', 'node_modules', 'foreign.test.ts'), 'process.env.AO_TEST_DATABASE_URL\n');
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('whether a run needs the stack', () => {
  it('follows from the test files that are selected', () => {
    expect(anySelectedTestNeedsStack(dir, () => true)).toBe(true);
    expect(anySelectedTestNeedsStack(dir, (path) => path.endsWith('sink.test.ts'))).toBe(true);
    expect(anySelectedTestNeedsStack(dir, (path) => path.endsWith('pure.test.ts'))).toBe(false);
  });

  it('follows through the helpers that a test imports', () => {
    writeFileSync(join(dir, 'role', 'database.ts'), "import { testStack } from './stack.ts';\n");
    writeFileSync(join(dir, 'role', 'rows.test.ts'), "import { database } from './database.ts';\n");
    expect(anySelectedTestNeedsStack(dir, (path) => path.endsWith('rows.test.ts'))).toBe(true);
  });

  it('does not follow from what packages bring along', () => {
    expect(anySelectedTestNeedsStack(dir, (path) => path.endsWith('foreign.test.ts'))).toBe(false);
  });
});
