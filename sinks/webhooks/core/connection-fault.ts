/** What it means that a request had no answer: a receiver that is away, or an address that will never do. */

/** The name does not exist, the certificate is not one of it, it speaks no TLS or no HTTP, or it is an address that is not allowed. */
const WRONG_ADDRESS =
  /^(ENOTFOUND|EPROTO|CERT_.*|ERR_TLS_.*|ERR_SSL_.*|.*SELF_SIGNED_CERT.*|UNABLE_TO_.*|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|ERR_INVALID_URL|HPE_.*|WEBHOOK_ADDRESS_FORBIDDEN)$/;

export type ConnectionFault =
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: undefined }
  | { readonly kind: 'misconfigured'; readonly reason: string };

/** @param code Of the error that the connection ended with. */
export function connectionFault(code: string): ConnectionFault {
  if (WRONG_ADDRESS.test(code)) return { kind: 'misconfigured', reason: code };
  return { kind: 'retry', reason: code === 'TIMEOUT' ? 'timeout' : 'no_connection', afterMs: undefined };
}
