import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConsumerProject } from './testing/consumer-project.ts';

/** What the examples that need no chain print, line by line. */
const printed: Record<string, (string | RegExp)[]> = {
  'fan.mjs': ['true', 'false'],
  'integrator.mjs': [
    /^51 true 3\w{80,}\/2 finalize loud_coringa 881n 9a3088771fc89b8c570f17a4b4017d079d4afe20d17dab13324ba00bfc9f9f1f$/,
  ],
  'publisher.mjs': [
    /^[0-9a-f]{64} \[ '[0-9a-f]{64}' \]$/,
    /^7hgUZp2nLPYktfA9KPM4asdjSpWCSYSZLjYstraobmHg 411810063f69997b040000006c6163797403000000000000[0-9a-f]{64}$/,
  ],
  'receiver.mjs': ['rootFinalized lacy 884', '204', '204', 'WEBHOOK_SIGNATURE_INVALID', '401'],
};

let project: ConsumerProject;
let examples: Map<string, string>;

beforeAll(async () => {
  project = await ConsumerProject.create();
  await project.add('@solana/web3.js');
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const blocks = [...readme.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)];
  examples = new Map(blocks.map(([, name = '', code = '']) => [name, code]));
});

afterAll(async () => {
  await project.remove();
});

describe('the examples of the README', () => {
  it.each(Object.keys(printed))('%s prints what it says', async (name) => {
    const lines = (await project.print(name, examples.get(name) ?? '')).trimEnd().split('\n');
    const expected = printed[name] ?? [];
    expect(lines).toHaveLength(expected.length);
    for (const [i, line] of lines.entries()) {
      const wanted = expected[i] ?? '';
      if (typeof wanted === 'string') expect(line).toBe(wanted);
      else expect(line).toMatch(wanted);
    }
  });

  it('that need a chain import only what the package exports', async () => {
    const online = [...examples.keys()].filter((name) => !(name in printed));
    expect(online.sort()).toEqual(['claim.mjs', 'settle.mjs', 'watch.mjs']);
    for (const name of online) {
      const imports = (examples.get(name) ?? '').split('\n').filter((line) => line.startsWith('import '));
      expect(await project.print(`imports-of-${name}`, [...imports, "console.log('loaded');"].join('\n'))).toBe(
        'loaded\n',
      );
      await project.write(name, examples.get(name) ?? '');
      await expect(project.checkSyntax(name)).resolves.toBeUndefined();
    }
  });
});
