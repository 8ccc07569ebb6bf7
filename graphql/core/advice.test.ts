import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { buildSchema, isEnumType } from 'graphql';
import type { NotClaimable } from '../schema-types.generated.ts';
import { adviceFor } from './advice.ts';
import { withoutHints } from './hints.ts';

const schema = buildSchema(readFileSync(new URL('../../schemas/graphql/schema.graphql', import.meta.url), 'utf8'));
const reasons = schema.getType('NotClaimable');

describe('advice', () => {
  it('says of every reason in a sentence of its own what to do', () => {
    const names = isEnumType(reasons) ? reasons.getValues().map(({ name }) => name as NotClaimable) : [];
    const sentences = names.map(adviceFor);
    expect(names).not.toEqual([]);
    expect(sentences.filter((sentence) => !/^[A-Z].{15,}\.$/.test(sentence))).toEqual([]);
    expect(new Set(sentences).size).toBe(sentences.length);
  });
});

describe('an error', () => {
  it('names nothing of a schema that introspection hides, over several lines too', () => {
    expect(withoutHints('No field "clams". Did you mean "claims"?\nOr "claim"?')).toBe('No field "clams".');
    expect(withoutHints('No field "x".')).toBe('No field "x".');
    expect(withoutHints('Did you mean "claims"?')).toBe('');
  });
});
