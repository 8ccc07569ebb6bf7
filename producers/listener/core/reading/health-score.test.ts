import { describe, expect, it } from '@jest/globals';
import { HealthScore } from './health-score.ts';

describe('health score', () => {
  it('puts an endpoint that fails behind one that answers, and lets it return after its rest', () => {
    const health = new HealthScore(['a', 'b']);
    for (let failures = 0; failures < 3; failures += 1) health.failed('a', 0);
    expect(health.order(0, undefined)).toEqual(['b']);
    expect(health.order(500, undefined)).toEqual(['b', 'a']);
    for (let answers = 0; answers < 30; answers += 1) health.succeeded('a', 1);
    for (let answers = 0; answers < 30; answers += 1) health.succeeded('b', 40);
    expect(health.order(500, undefined)).toEqual(['a', 'b']);
  });

  it('rests longer with each failure after the return', () => {
    const rests = (endpoints: string[]): number[] => {
      const health = new HealthScore(endpoints);
      return Array.from({ length: 6 }, (_, failures) => {
        const nowMs = failures * 100_000;
        health.failed('a', nowMs);
        return Math.max(0, health.get('a').restUntilMs - nowMs);
      });
    };
    expect(rests(['a', 'b'])).toEqual([0, 0, 500, 1000, 2000, 4000]);
    // Alone, it is asked again soon: nobody else can be.
    expect(rests(['a'])).toEqual([0, 0, 500, 1000, 1000, 1000]);
  });

  it('does not count failures of calls that were under way when the rest began', () => {
    const health = new HealthScore(['a', 'b']);
    for (let failures = 0; failures < 50; failures += 1) health.failed('a', 0);
    expect(health.get('a').restUntilMs).toBe(500);
  });

  it('prefers the endpoint that is not behind', () => {
    const health = new HealthScore(['a', 'b']);
    for (let looks = 0; looks < 10; looks += 1) {
      health.slotSeen('a', 100 + looks);
      health.slotSeen('b', 60 + looks);
    }
    expect(health.order(0, undefined)).toEqual(['a', 'b']);
  });

  it('prefers the endpoint whose walks leave nothing out', () => {
    const health = new HealthScore(['a', 'b']);
    health.omitted('a', 2);
    expect(health.order(0, undefined)).toEqual(['b', 'a']);
    for (let agreements = 0; agreements < 12; agreements += 1) health.agreed('a');
    expect(health.penaltyMs('a') - health.penaltyMs('b')).toBeLessThan(1);
  });

  it('avoids an endpoint where another is as good, and uses it where it is the only one', () => {
    expect(new HealthScore(['a', 'b']).order(0, 'a')).toEqual(['b', 'a']);
    expect(new HealthScore(['a']).order(0, 'a')).toEqual(['a']);
  });
});
