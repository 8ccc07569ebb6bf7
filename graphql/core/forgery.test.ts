import { describe, expect, it } from '@jest/globals';
import { isUnforgeable } from './forgery.ts';

const json = 'application/json';

describe('a plain GET', () => {
  it.each([
    ['of a program', { accept: json, fetchSite: undefined, origin: undefined }],
    [
      'of a program that knows the protocol',
      { accept: 'application/graphql-response+json, */*;q=0.1', fetchSite: undefined, origin: undefined },
    ],
    ['of our own page', { accept: json, fetchSite: 'same-origin', origin: undefined }],
  ])('%s is answered', (_what, request) => {
    expect(isUnforgeable(request)).toBe(true);
  });

  it.each([
    [
      'of an image of another page',
      { accept: 'image/avif,image/webp,*/*;q=0.8', fetchSite: undefined, origin: undefined },
    ],
    ['that does not say what it wants', { accept: '*/*', fetchSite: undefined, origin: undefined }],
    ['without Accept', { accept: undefined, fetchSite: undefined, origin: undefined }],
    ['of a script of another site', { accept: json, fetchSite: 'cross-site', origin: undefined }],
    ['of a script of a neighbour', { accept: json, fetchSite: 'same-site', origin: undefined }],
    ['of a script of an old browser', { accept: json, fetchSite: undefined, origin: 'https://elsewhere.example' }],
  ])('%s is not', (_what, request) => {
    expect(isUnforgeable(request)).toBe(false);
  });
});
