/** Which plain GETs cannot come from another web page without its browser having asked us first. Pure. */

export interface RequestOrigin {
  readonly accept: string | undefined;
  /** `Sec-Fetch-Site`, which every browser of today sends. */
  readonly fetchSite: string | undefined;
  readonly origin: string | undefined;
}

/** What only programs ask for: images, scripts, frames and links of a page never do. */
const PROGRAM_TYPES = /application\/(graphql-response\+)?json/;

/**
 * One that asks for JSON by name, and whose browser, if it is one, says that it comes from our own pages. Any other needs a header that a
 * browser does not send to others without asking first.
 */
export function isUnforgeable({ accept, fetchSite, origin }: RequestOrigin): boolean {
  if (accept === undefined || !PROGRAM_TYPES.test(accept)) return false;
  return origin === undefined && (fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none');
}
