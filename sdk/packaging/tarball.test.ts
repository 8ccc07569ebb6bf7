import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { item, ScriptedGateway } from '../src/graphql/testing/scripted-gateway.ts';
import { chromiumPath, openPage } from './testing/consumer-page.ts';
import { ConsumerProject } from './testing/consumer-project.ts';
import { subscribeProgram, treeProgram, typedProgram, web3Program } from './testing/consumer-scripts.ts';

const hasChromium = existsSync(chromiumPath);
if (!hasChromium) process.stderr.write(`browser tests skipped: no Chromium at ${chromiumPath} (set CHROMIUM_PATH)\n`);
const inBrowser = hasChromium ? it : it.skip;

const expected = {
  verified: true,
  forged: false,
  data: 'd3653266242a5f8001',
  withoutWeb3: 'WEB3_MISSING',
};
const web3Expected = {
  address: '2ZhGie8TvGkMEZLHaG1CRk4nuSowqb6nMhapXtdZQjSe',
  bump: 255,
  real: true,
  keys: 4,
  code: 'ADDRESS_INVALID',
};

let project: ConsumerProject;

beforeAll(async () => {
  project = await ConsumerProject.create();
});

afterAll(async () => {
  await project.remove();
});

const print = 'console.log(JSON.stringify(result));';
const esm = `import * as sdk from '@attention-oracle/sdk';\n${treeProgram}${print}`;
const commonJs = `const sdk = require('@attention-oracle/sdk');\n(async () => {${treeProgram}${print}})();`;
const html = (script: string) =>
  `<!doctype html><meta charset="utf-8"><script type="module" src="/${script}"></script>`;
const pageScript = `
  import * as sdk from '/node_modules/@attention-oracle/sdk/dist/index.js';
  try {${treeProgram} window.result = result;} catch (error) { window.result = String(error.stack); }
`;

describe('the packed package, installed alone', () => {
  it('satisfies publint and arethetypeswrong', async () => {
    expect(await project.complaints()).toBe('');
  });

  it('brings the built files and no dependencies, sources or tests', async () => {
    const files = await readdir(join(project.folder, 'node_modules', '@attention-oracle', 'sdk'), { recursive: true });
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', join('dist', 'index.js')]));
    expect(files.filter((file) => /\.test\.|fixture|(?<!\.d)\.ts$/.test(file))).toEqual([]);
    expect(await readdir(join(project.folder, 'node_modules'))).toEqual(['.package-lock.json', '@attention-oracle']);
  });

  it("brings the gateway's schema, for code generators of any language", async () => {
    const packed = join(project.folder, 'node_modules', '@attention-oracle', 'sdk', 'dist', 'schema.graphql');
    const ours = new URL('../../schemas/graphql/schema.graphql', import.meta.url);
    expect(await readFile(packed, 'utf8')).toBe(await readFile(ours, 'utf8'));
  });

  it('imports nothing of Node in its ES modules', async () => {
    const dist = join(project.folder, 'node_modules', '@attention-oracle', 'sdk', 'dist');
    for (const file of ['index.js', 'tree-worker.js', 'web3.js']) {
      const text = await readFile(join(dist, file), 'utf8');
      const imports = [...text.matchAll(/^\s*(?:import|export)\b[^'"\n]*from ['"]([^'"]+)['"]/gm)].map(
        (match) => match[1],
      );
      expect(imports.filter((name) => !['./index.js', '@solana/web3.js'].includes(name ?? ''))).toEqual([]);
      expect(text).not.toMatch(/\brequire\(/);
    }
  });

  it('works the same in Node as an ES module and as CommonJS', async () => {
    const asModule = await project.runScript('tree.mjs', esm);
    expect(asModule).toMatchObject({ ...expected, kernel: 'wasm-simd' });
    const { root, parallelRoot } = asModule as { root: string; parallelRoot: string };
    expect(root).toMatch(/^[0-9a-f]{64}$/);
    expect(parallelRoot).toBe(root);
    expect(await project.runScript('tree.cjs', commonJs)).toEqual(asModule);
  });

  it('type-checks as an ES module and as CommonJS, without web3.js and without skipping its own declarations', async () => {
    await project.write('typed.mts', typedProgram);
    await project.write('typed.cts', typedProgram);
    expect(await project.typeCheck('typed.mts', 'typed.cts')).toBe('');
  });

  inBrowser('verifies a proof in a browser page', async () => {
    await project.write('page.html', html('page.mjs.js'));
    await project.write('page.mjs.js', pageScript);
    const asModule = await project.runScript('tree.mjs', esm);
    const { result, errors } = await openPage(project.folder, 'page.html', "default-src 'self' 'wasm-unsafe-eval'");
    expect(result).toEqual(asModule);
    expect(errors).toEqual([]);
  });

  inBrowser('verifies a proof in a page whose policy forbids WebAssembly', async () => {
    await project.write('page.html', html('page.mjs.js'));
    await project.write('page.mjs.js', pageScript);
    const asModule = (await project.runScript('tree.mjs', esm)) as object;
    const { result } = await openPage(project.folder, 'page.html', "default-src 'self'");
    expect(result).toEqual({ ...asModule, kernel: 'javascript' });
  });

  it('gives web3.js objects and one error class through its web3 entry', async () => {
    await project.add('@solana/web3.js');
    const names = ['sdk', 'onWeb3', 'web3'];
    const from = ['@attention-oracle/sdk', '@attention-oracle/sdk/web3', '@solana/web3.js'];
    const imports = names.map((name, i) => `import * as ${name} from '${from[i]}';\n`).join('');
    const requires = names.map((name, i) => `const ${name} = require('${from[i]}');\n`).join('');
    expect(await project.runScript('web3.mjs', imports + web3Program)).toEqual(web3Expected);
    expect(await project.runScript('web3.cjs', requires + web3Program)).toEqual(web3Expected);
  });

  it('subscribes in a runtime without WebSocket by the package ws, and says to install it where it is missing', async () => {
    const gateway = await ScriptedGateway.start();
    try {
      gateway.answers.push((send) => send('next', item('7')));
      for (const name of ['graphql', 'graphql-ws']) await project.add(name);
      expect(await project.runScript('subscribe.mjs', subscribeProgram(gateway.url))).toMatchObject({
        code: 'WEBSOCKET_MISSING',
        message: expect.stringContaining('npm install ws'),
      });
      await project.add('ws');
      expect(await project.runScript('subscribe.mjs', subscribeProgram(gateway.url))).toEqual({ epoch: '7' });
    } finally {
      gateway.stop();
    }
  });
});
