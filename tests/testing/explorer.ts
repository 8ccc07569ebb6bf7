/** The explorer page as `npm start` builds it. */

import { ensureExplorer } from '../../bootstrap/explorer.mjs';

/** Builds it where it is missing or of older sources. @throws Error with what the build said. */
export function buildExplorerOnce(): Promise<void> {
  return ensureExplorer({ node: process.execPath, env: {} });
}
