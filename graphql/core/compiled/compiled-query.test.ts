import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  execute,
  GraphQLEnumType,
  type GraphQLError,
  type GraphQLFieldConfig,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLNullableType,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  parse,
  validate,
} from 'graphql';
import { compiledQuery } from './compiled-query.ts';
import { PLAIN_TEXT } from './leaf-writer.ts';

const Amount = new GraphQLScalarType({
  name: 'Amount',
  extensions: { [PLAIN_TEXT]: true },
  serialize: (value) => (value as bigint).toString(),
});
const Colour = new GraphQLEnumType({ name: 'Colour', values: { RED: { value: 'red' }, BLUE: {} } });
/** Of one object only. */
const Named = new GraphQLInterfaceType({
  name: 'Named',
  resolveType: () => 'Thing',
  fields: { text: { type: GraphQLString } },
});

/** What a resolver comes to: now or later, well or not. */
type Outcome =
  | { readonly value: unknown; readonly isLate: boolean }
  | { readonly refused: string; readonly how: 'thrown' | 'late' | 'returned' };

interface Source {
  readonly [field: string]: Outcome;
}

/** @param mayBeLate graphql-js, where a list fails beside what is late, leaves a promise that nobody hears. */
function cameTo(outcome: Outcome | undefined, mayBeLate: boolean): unknown {
  if (outcome === undefined) return null;
  if ('refused' in outcome) {
    const error = new Error(outcome.refused);
    if (outcome.how === 'returned') return error;
    if (outcome.how === 'late' && mayBeLate) return Promise.reject(error);
    throw error;
  }
  return outcome.isLate && mayBeLate ? Promise.resolve(outcome.value) : outcome.value;
}

interface Context {
  readonly source: Source;
  readonly mayBeLate: boolean;
}

const resolved = (type: GraphQLOutputType, name: string): GraphQLFieldConfig<Source, Context> => ({
  type,
  resolve: (source, _args, { mayBeLate }) => cameTo(source[name], mayBeLate),
});
const sure = (type: GraphQLNullableType & GraphQLOutputType) => new GraphQLNonNull(type);

const Thing: GraphQLObjectType = new GraphQLObjectType({
  name: 'Thing',
  interfaces: [Named],
  fields: () => ({
    text: resolved(GraphQLString, 'text'),
    sureText: resolved(sure(GraphQLString), 'sureText'),
    amount: resolved(Amount, 'amount'),
    colour: resolved(Colour, 'colour'),
    plus: {
      type: GraphQLInt,
      args: { n: { type: new GraphQLNonNull(GraphQLInt) }, m: { type: GraphQLInt, defaultValue: 1 } },
      resolve: (_source, { n, m }: { n: number; m: number }) => n + m,
    },
    thing: resolved(Thing, 'thing'),
    sureThing: resolved(sure(Thing), 'sureThing'),
    things: resolved(new GraphQLList(Thing), 'things'),
    sureThings: resolved(sure(new GraphQLList(sure(Thing))), 'sureThings'),
    texts: resolved(new GraphQLList(sure(GraphQLString)), 'texts'),
  }),
});

const schema = new GraphQLSchema({
  query: new GraphQLObjectType<unknown, Context>({
    name: 'Query',
    fields: {
      thing: { type: Thing, resolve: (_root, _args, { source }) => source },
      sureThing: { type: sure(Thing), resolve: async (_root, _args, { source }) => source },
      named: { type: Named, resolve: (_root, _args, { source }) => source },
      where: { type: GraphQLString, resolve: (_root, _args, _context, { fieldName }) => fieldName },
    },
  }),
});

/** Fields are of other names than the types have, so that the fragments match some and not others. */
const selections = fc.letrec<{ set: string }>((tie) => ({
  set: fc
    .array(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom(
          'text',
          'sureText',
          'amount',
          'colour',
          'texts',
          '__typename',
          'plus(n: 2)',
          'four: plus(n: $n, m: 3)',
          'other: text',
          '...Part',
          '... on Named { text }',
        ),
        fc
          .tuple(
            fc.constantFrom('thing', 'sureThing', 'things', 'sureThings', 'more: things', '... on Thing'),
            tie('set'),
          )
          .map(([name, set]) => `${name} ${set}`),
      ),
      { minLength: 1, maxLength: 5 },
    )
    .map((fields) => `{ ${fields.join(' ')} }`),
})).set;
const documents = fc
  .tuple(fc.constantFrom('thing', 'sureThing'), selections)
  .map(([name, set]) => `query ($n: Int!) { ${name} ${set} } fragment Part on Thing { amount things { text colour } }`);

const outcome = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Outcome> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.record({ value, isLate: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({ refused: fc.string(), how: fc.constantFrom('thrown', 'late', 'returned') }),
    },
  );
const sources = fc.letrec<{ source: Source }>((tie) => {
  const text = fc.oneof(
    { weight: 9, arbitrary: fc.string({ unit: 'binary' }) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
  const things = fc.array(fc.oneof(tie('source'), fc.constant(null)), { maxLength: 3 });
  return {
    source: fc.record(
      {
        text: outcome(text),
        sureText: outcome(text),
        amount: outcome(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
        colour: outcome(fc.constantFrom('red', 'BLUE', 'green')),
        thing: outcome(fc.oneof({ depthSize: 'small' }, fc.constant(null), tie('source'))),
        sureThing: outcome(fc.oneof({ depthSize: 'small' }, fc.constant(null), tie('source'))),
        things: outcome(fc.oneof({ depthSize: 'small' }, fc.constant([]), things, fc.constant(new Set(['no source'])))),
        sureThings: outcome(fc.oneof({ depthSize: 'small' }, fc.constant([]), things, fc.constant('no list'))),
        texts: outcome(fc.array(text, { maxLength: 3 })),
      },
      { requiredKeys: ['sureText'] },
    ),
  };
}).source;

/** Where the errors made null: which of several under one null is told first is a matter of luck. */
function nulls(data: unknown, errors: readonly GraphQLError[] = []): Set<string> {
  return new Set(
    errors.map(({ path = [] }) => {
      const whole: (string | number)[] = [];
      let at = data;
      for (const key of path) {
        if (at === null) break;
        at = (at as Record<string | number, unknown>)[key];
        whole.push(key);
      }
      expect(at).toBeNull();
      return whole.join('.');
    }),
  );
}

describe('compiledQuery', () => {
  it('writes what graphql-js answers, whatever is late, null or refused', async () => {
    await fc.assert(
      fc.asyncProperty(documents, sources, async (text, source) => {
        const document = parse(text);
        fc.pre(validate(schema, document).length === 0);
        const wanted = await execute({
          schema,
          document,
          contextValue: { source, mayBeLate: false },
          variableValues: { n: 1 },
        });
        const compiled = compiledQuery(schema, document);
        const got = await compiled?.run({ n: 1 }, { source, mayBeLate: true });
        const data: unknown = JSON.parse(got?.json ?? '');
        expect(data).toEqual(JSON.parse(JSON.stringify(wanted.data)));
        expect(Object.keys(data ?? {})).toEqual(Object.keys(wanted.data ?? {}));
        expect(nulls(data, got?.errors)).toEqual(nulls(data, wanted.errors));
        const [first] = got?.errors ?? [];
        if (wanted.errors?.length === 1 && String(first?.path) === String(wanted.errors[0]?.path))
          expect(first?.toJSON()).toEqual(wanted.errors[0]?.toJSON());
      }),
      { numRuns: 500 },
    );
  });

  it('refuses wrong variables as graphql-js does', async () => {
    const document = parse('query ($n: Int!) { thing { plus(n: $n) } }');
    for (const variableValues of [{}, { n: 'one' }, { n: 2 ** 40 }]) {
      const wanted = await execute({ schema, document, variableValues });
      const got = await compiledQuery(schema, document)?.run(variableValues, {});
      expect(got?.json).toBeUndefined();
      expect(got?.errors?.map((error) => error.toJSON())).toEqual(wanted.errors?.map((error) => error.toJSON()));
    }
  });

  it.each([
    ['a directive', '{ thing { text @skip(if: true) } }'],
    ['a directive at a fragment', '{ thing { ... @include(if: false) { text } } }'],
    ['an interface', '{ named { text } }'],
    ['introspection', '{ __schema { description } }'],
    ['a resolver that asks where it stands', '{ where }'],
    [
      'more fields than are worth it',
      `{ thing { ${Array.from({ length: 2001 }, (_, at) => `t${at}: text`).join(' ')} } }`,
    ],
  ])('leaves %s to graphql-js', (_what, text) => {
    expect(compiledQuery(schema, parse(text))).toBeUndefined();
  });
});
