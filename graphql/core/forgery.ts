/** Which plain GETs cannot come from another web page without its browser having asked us first. Pure. */

export interface RequestOrigin {
  readonly accept: string | undefined;
  /** `Sec-Fetch-Site`, which every browser of today sends. */
  readonly fetchSite: string | undefined;
  /** `Sec-Fetch-Mode`, which no page can set. */
  readonly fetchMode: string | undefined;
  readonly origin: string | undefined;
}

/** What only programs ask for: images, scripts, frames and links of a page never do. */
const PROGRAM_TYPES = /application\/(graphql-response\+)?json/;

/**
 * One that asks for JSON by name, or of which the client itself says that a program made it; and whose browser, if it is one, says that it comes
 * from our own pages. A tag of a page is in another mode (`no-cors`, `navigate`), and a program of another page has an origin. Any other
 * needs a header that a browser does not send to others without asking first.
 */
export function isUnforgeable({ accept, fetchSite, fetchMode, origin }: RequestOrigin): boolean {
  if (fetchMode !== 'cors' && (accept === undefined || !PROGRAM_TYPES.test(accept))) return false;
  return origin === undefined && (fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none');
}
