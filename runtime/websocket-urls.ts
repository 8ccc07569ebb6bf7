/** Where a node's WebSocket may be, from its HTTP URL. */

/**
 * A proxy or hosted node answers both on one port. A plain validator listens one port above and refuses the first guess at
 * once.
 */
export function websocketUrls(httpUrl: string): string[] {
  const url = new URL(httpUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (url.port === '') return [url.toString()];
  const above = new URL(url);
  above.port = String(Number(url.port) + 1);
  return [url.toString(), above.toString()];
}
