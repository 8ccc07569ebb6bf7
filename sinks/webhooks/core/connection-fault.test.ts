import { describe, expect, it } from '@jest/globals';
import { connectionFault } from './connection-fault.ts';

describe('a request without an answer', () => {
  it.each([
    ...['ENOTFOUND', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'EPROTO'],
    ...['ERR_TLS_CERT_ALTNAME_INVALID', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_SSL_WRONG_VERSION_NUMBER'],
    ...['HPE_INVALID_CONSTANT', 'WEBHOOK_ADDRESS_FORBIDDEN'],
  ])('is a wrong configuration after %s', (code) => {
    expect(connectionFault(code)).toEqual({ kind: 'misconfigured', reason: code });
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'TIMEOUT', 'UNEXPECTED'])(
    'is tried again after %s',
    (code) => {
      expect(connectionFault(code).kind).toBe('retry');
    },
  );
});
