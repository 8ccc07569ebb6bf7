import { describe, expect, it } from '@jest/globals';
import { Providers } from './providers.ts';

function rounds(providers: Providers, count: number, walked: readonly string[], leftOut: readonly string[] = []): void {
  for (let round = 0; round < count; round += 1) {
    providers.roundBegins(leftOut);
    for (const endpoint of walked) providers.walked(endpoint);
  }
}

describe('providers that take part in a proof', () => {
  it('are two where two are configured, however many more there are, and one where there is one host', () => {
    expect(new Providers(['a', 'b', 'c']).needed).toBe(2);
    expect(new Providers(['a']).needed).toBe(1);
    expect(new Providers(['a', 'a#2']).needed).toBe(1);
  });

  it('one that fails for a while is waited for; after ten rounds the other one goes on alone', () => {
    const providers = new Providers(['a', 'b']);
    rounds(providers, 10, ['a']);
    expect(providers.needed).toBe(2);
    rounds(providers, 1, ['a']);
    expect(providers.needed).toBe(1);
    rounds(providers, 1, ['a', 'b']);
    expect(providers.needed).toBe(2);
  });

  it('one without the history that comes next is not waited for', () => {
    const providers = new Providers(['a', 'b']);
    rounds(providers, 1, ['a'], ['b']);
    expect(providers.needed).toBe(1);
  });
});
