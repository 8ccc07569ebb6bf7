/** Why the gateway closes a WebSocket or a stream of events. A client that is told one of these connects again and goes on after its last item. */

export interface Closing {
  readonly code: number;
  /** At most 123 bytes, as the protocol has it. */
  readonly reason: string;
}

/** The gateway stops; the client connects elsewhere, or here again. */
export const GOING_AWAY: Closing = { code: 1001, reason: 'The gateway stops; connect again.' };

/** The client reads more slowly than items come. */
export const SLOW_READER: Closing = { code: 4411, reason: 'Too much waits for you; connect again and read faster.' };

/** Not even a pong came back. */
export const SILENT_CLIENT: Closing = { code: 4413, reason: 'No answer to a ping.' };

/** The client has closed its connection. */
export const CLIENT_GONE: Closing = { code: 1006, reason: 'The client is gone.' };

/** All that was asked for is delivered. */
export const COMPLETE: Closing = { code: 1000, reason: 'Complete.' };

/** Our fault, and logged. */
export const INTERNAL_ERROR: Closing = { code: 1011, reason: 'Internal server error' };
