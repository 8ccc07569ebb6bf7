/** Writes each text of the build in Brotli and gzip beside it: the gateway compresses nothing itself. */

import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

/** Nearly as small as the best, in a tenth of its time. */
const BROTLI_QUALITY = 9;
const TEXT = /\.(js|css|html|svg)$/;

export function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        const texts = Object.values(bundle).filter(({ fileName }) => TEXT.test(fileName));
        for (const file of texts) {
          const source = Buffer.from(file.type === 'chunk' ? file.code : file.source);
          const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } };
          this.emitFile({
            type: 'asset',
            fileName: `${file.fileName}.br`,
            source: await promisify(brotliCompress)(source, brotli),
          });
          this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source: await promisify(gzip)(source) });
        }
      },
    },
  };
}
