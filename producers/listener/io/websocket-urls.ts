/** Where a node's WebSocket may be, from its HTTP URL. */

/**
 * Solana nodes listen one port above the HTTP port; proxies and hosted nodes answer both on one. A URL with a port gives both
 * guesses, in that order.
 */
export function websocketUrls(httpUrl: string): string[] {
  const url = new URL(httpUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (url.port === '') return [url.toString()];
  const above = new URL(url);
  above.port = String(Number(url.port) + 1);
  return [above.toString(), url.toString()];
}
