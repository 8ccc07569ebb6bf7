/** Why the gateway closes a WebSocket. A client that is told one of these connects again and goes on after its last item. */

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
