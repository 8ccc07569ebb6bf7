import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { versions } from './versions.mjs';

/** Root of the checkout. */
export const rootDir = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** What the bootstrap provisions; kept when the data of a run is thrown away. AO_TOOLS_DIR moves it. */
export const toolsDir = process.env.AO_TOOLS_DIR ? resolve(process.env.AO_TOOLS_DIR) : join(rootDir, '.data', 'tools');

/** Folder with the broker's jars, once provisioned. */
export const kafkaLibsDir = join(toolsDir, `kafka-${versions.kafka}`, 'libs');

/** Folder with the schema registry's runner jar and its lib folder, once provisioned. */
export const registryDir = join(toolsDir, `registry-${versions.registry}`);
