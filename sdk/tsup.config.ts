import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig, type Options } from 'tsup';

type EsbuildPlugin = NonNullable<Options['esbuildPlugins']>[number];

/** The other entries use the main entry's file, so that all share one AttentionOracleError. */
const mainEntryOutside: EsbuildPlugin = {
  name: 'main-entry-outside',
  setup(build) {
    const extension = build.initialOptions.format === 'cjs' ? 'cjs' : 'js';
    build.onResolve({ filter: /^\.{1,2}\/index\.ts$/ }, () => ({ path: `./index.${extension}`, external: true }));
  },
};

/**
 * The hash functions of @noble and base58 of @scure go into the files, so that a browser can load them as they are and
 * CommonJS has them too; web3.js stays outside and is loaded only by what sends transactions.
 */
const common: Options = {
  target: 'es2022',
  platform: 'neutral',
  splitting: false,
  sourcemap: true,
  shims: true,
  noExternal: ['@noble/hashes', '@scure/base'],
  external: ['@solana/web3.js', 'graphql-ws'],
  tsconfig: 'tsconfig.build.json',
};

const index = 'src/index.ts';
const web3 = 'src/web3.ts';
const graphql = 'src/graphql/index.ts';

export default defineConfig(({ outDir = 'dist' }) => [
  { ...common, format: 'esm', entry: { index, 'tree-worker': 'src/merkle/workers/tree-worker.ts' } },
  {
    ...{ ...common, format: 'cjs', entry: { index } },
    // The schema of the gateway goes with the release, for code generators.
    onSuccess: () => copyFile('../schemas/graphql/schema.graphql', join(outDir, 'schema.graphql')),
  },
  { ...common, format: ['esm', 'cjs'], entry: { web3, graphql }, esbuildPlugins: [mainEntryOutside] },
  { ...common, format: ['esm', 'cjs'], entry: { index, web3, graphql }, dts: { only: true } },
]);
