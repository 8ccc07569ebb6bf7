import { describe, expect, it } from '@jest/globals';
import { isUnforgeable } from './forgery.ts';

const json = 'application/json';

describe('a plain GET', () => {
  it.each([
    ['of a program', { accept: json, fetchSite: undefined, origin: undefined, fetchMode: undefined }],
    [
      'of a program that knows the protocol',
      {
        accept: 'application/graphql-response+json, */*;q=0.1',
        fetchSite: undefined,
        origin: undefined,
        fetchMode: undefined,
      },
    ],
    [
      'of a program that says no more than that',
      { accept: '*/*', fetchSite: undefined, origin: undefined, fetchMode: 'cors' },
    ],
    ['of our own page', { accept: json, fetchSite: 'same-origin', origin: undefined, fetchMode: undefined }],
  ])('%s is answered', (_what, request) => {
    expect(isUnforgeable(request)).toBe(true);
  });

  it.each([
    [
      'of an image of another page',
      { accept: 'image/avif,image/webp,*/*;q=0.8', fetchSite: undefined, origin: undefined, fetchMode: undefined },
    ],
    [
      'that does not say what it wants',
      { accept: '*/*', fetchSite: undefined, origin: undefined, fetchMode: undefined },
    ],
    ['of a script tag', { accept: '*/*', fetchSite: undefined, origin: undefined, fetchMode: 'no-cors' }],
    [
      'of a program of another page',
      { accept: '*/*', fetchSite: undefined, origin: 'https://elsewhere.example', fetchMode: 'cors' },
    ],
    [
      'of a program of another site that hides its origin',
      { accept: '*/*', fetchSite: 'cross-site', origin: undefined, fetchMode: 'cors' },
    ],
    ['without Accept', { accept: undefined, fetchSite: undefined, origin: undefined, fetchMode: undefined }],
    ['of a script of another site', { accept: json, fetchSite: 'cross-site', origin: undefined, fetchMode: undefined }],
    ['of a script of a neighbour', { accept: json, fetchSite: 'same-site', origin: undefined, fetchMode: undefined }],
    [
      'of a script of an old browser',
      { accept: json, fetchSite: undefined, origin: 'https://elsewhere.example', fetchMode: undefined },
    ],
  ])('%s is not', (_what, request) => {
    expect(isUnforgeable(request)).toBe(false);
  });
});
