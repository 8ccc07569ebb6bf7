import { renderParsedMeta, renderTransaction, type TransactionEncoding } from '../../core/transaction/render.ts';
import { invalidParams, RpcError, UNSUPPORTED_TRANSACTION_VERSION } from '../rpc-error.ts';
import { type Config, optionalInteger } from './parameters.ts';

const ENCODINGS: readonly TransactionEncoding[] = ['json', 'jsonParsed', 'base64', 'base58'];

/** The encoding a configuration asks for; json when it names none. */
export function encodingOf(config: Config): TransactionEncoding {
  const value = config['encoding'] ?? 'json';
  if (!ENCODINGS.includes(value as TransactionEncoding)) {
    throw invalidParams(
      `Invalid params: unknown variant ${JSON.stringify(value)}, expected one of ${ENCODINGS.map((e) => `\`${e}\``).join(', ')}.`,
    );
  }
  return value as TransactionEncoding;
}

/** The highest transaction version the client takes; undefined: legacy only. */
export function maxVersionOf(config: Config): number | undefined {
  return optionalInteger(config['maxSupportedTransactionVersion'], 'maxSupportedTransactionVersion');
}

/**
 * The fields `meta`, `transaction` and `version` of an answer, as JSON text without braces. Refuses a version that the
 * client did not say it takes.
 */
export function transactionText(
  wire: Uint8Array,
  metaText: string,
  encoding: TransactionEncoding,
  maxVersion: number | undefined,
): string {
  const version = versionOf(wire);
  if (version !== 'legacy' && (maxVersion === undefined || version > maxVersion)) {
    throw new RpcError(
      UNSUPPORTED_TRANSACTION_VERSION,
      `Transaction version (${version}) is not supported by the requesting client. Please try the request again with ` +
        `the following configuration parameter: "maxSupportedTransactionVersion": ${version}`,
    );
  }
  const meta = encoding === 'jsonParsed' ? JSON.stringify(renderParsedMeta(metaText, wire)) : metaText;
  const transaction = JSON.stringify(renderTransaction(wire, encoding, metaText));
  const versionText = maxVersion === undefined ? '' : `,"version":${JSON.stringify(version)}`;
  return `"meta":${meta},"transaction":${transaction}${versionText}`;
}

/** The version of serialised bytes without parsing them. */
function versionOf(wire: Uint8Array): 'legacy' | number {
  const first = wire[0] ?? 0;
  if (first === 0x81) return 1;
  const prefix = wire[1 + 64 * first] ?? 0;
  return prefix & 0x80 ? prefix & 0x7f : 'legacy';
}
