/**
 * Makes the library read what brokers and other writers compress: a topic's compression.type, or another producer's, may be any
 * of Kafka's. The library knows gzip alone, and a consumer that meets another ends. We write
 * gzip, at its fastest: two thirds of the time for a twentieth more bytes.
 */

import { promisify } from 'node:util';
import { constants, gunzip, gzip, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { readLz4Frame } from './lz4.ts';
import { readSnappy } from './snappy.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const [unzstd, gunzipped] = [promisify(zstdDecompress), promisify(gunzip)];
const gzipped = promisify(gzip);

const reading = (decompress: (data: Buffer) => Buffer | Promise<Buffer>) => () => ({
  compress: () => Promise.reject(new TypeError('the platform writes gzip only')),
  decompress: async (data: Buffer) => decompress(data),
});

CompressionCodecs[CompressionTypes.LZ4] = reading(readLz4Frame);
CompressionCodecs[CompressionTypes.Snappy] = reading(readSnappy);
CompressionCodecs[CompressionTypes.ZSTD] = reading((data) => unzstd(data));
CompressionCodecs[CompressionTypes.GZIP] = () => ({
  compress: ({ buffer }: { readonly buffer: Buffer }) => gzipped(buffer, { level: constants.Z_BEST_SPEED }),
  decompress: (data: Buffer) => gunzipped(data),
});
