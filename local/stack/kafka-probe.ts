import { connect } from 'node:net';

const metadataApiKey = 3;
const metadataApiVersion = 5;
const correlationId = 1;

/** A metadata request (version 5) for no topic at all: it costs a starting broker nothing. */
function metadataRequest(): Buffer {
  const clientId = Buffer.from('stack-probe');
  const body = Buffer.alloc(4 + 2 + 2 + 4 + 2 + clientId.length + 4 + 1);
  let at = body.writeInt32BE(body.length - 4, 0);
  at = body.writeInt16BE(metadataApiKey, at);
  at = body.writeInt16BE(metadataApiVersion, at);
  at = body.writeInt32BE(correlationId, at);
  at = body.writeInt16BE(clientId.length, at);
  at += clientId.copy(body, at);
  at = body.writeInt32BE(0, at);
  body.writeUInt8(0, at);
  return body;
}

/** Reads brokers and cluster id from the answer; undefined where a field runs past its end. */
function parseAnswer(frame: Buffer): { brokers: number; clusterId: string } | undefined {
  try {
    // Size, correlation id, throttle time; then the brokers: id, host, port, rack.
    let at = 12;
    const brokers = frame.readInt32BE(at);
    at += 4;
    const skipText = (): void => {
      at += 2 + Math.max(0, frame.readInt16BE(at));
    };
    for (let index = 0; index < brokers; index++) {
      at += 4;
      skipText();
      at += 4;
      skipText();
    }
    const length = frame.readInt16BE(at);
    return { brokers, clusterId: frame.toString('utf8', at + 2, at + 2 + length) };
  } catch {
    return undefined;
  }
}

/**
 * Asks a broker who it is. Gives the id of its cluster once at least one broker is a live member, else undefined.
 * A bare socket rather than the client library: no retries, no log lines, no state while the broker is starting.
 */
export function probeCluster(port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let received = Buffer.alloc(0);
    const finish = (clusterId?: string): void => {
      socket.destroy();
      resolve(clusterId);
    };
    socket.setTimeout(timeoutMs, finish);
    socket.on('error', () => finish());
    socket.on('close', () => finish());
    socket.on('connect', () => socket.write(metadataRequest()));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      const answer = parseAnswer(received);
      finish(answer !== undefined && answer.brokers > 0 ? answer.clusterId : undefined);
    });
  });
}
