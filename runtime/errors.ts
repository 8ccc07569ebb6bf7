/** The one base class of every error that the platform raises itself. */

import type { ErrorCode } from './error-codes.ts';

export interface AppErrorOptions {
  /** Whether the same work may succeed later without anybody changing anything. Default false. */
  readonly retryable?: boolean;
  /** What a log line needs to find the cause: slot, signature, topic, offset. Never a secret. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  /** What kind of error it is; its meaning stands in error-codes.ts. */
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;

  /** @param message What happened and what to do about it, in one sentence. */
  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.context = options.context ?? {};
  }
}

/** Whether trying again may help: anything but an error of ours that only a person can mend. */
export function mayPass(error: unknown): boolean {
  return !(error instanceof AppError) || error.retryable;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stable code of anything that was thrown; UNEXPECTED where it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNEXPECTED';
}
