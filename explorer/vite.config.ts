/** How the page and the IDE are built: into `dist/`, or where `--outDir` says. */

import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressed } from './compressed.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  plugins: [react(), compressed()],
  resolve: { conditions: ['@attention-oracle/source', 'module', 'browser', 'import', 'default'] },
  build: {
    target: 'es2022',
    // The policy that the gateway sends allows no data: scripts and fonts; and what has a name of its own is cached for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
    rollupOptions: { input: { page: here('index.html'), graphiql: here('graphiql.html') } },
  },
  // `npx vite explorer` beside an `npm start`.
  server: { proxy: { '^/(graphql|api|health|docs)': { target: 'http://127.0.0.1:3000', ws: true } } },
});
