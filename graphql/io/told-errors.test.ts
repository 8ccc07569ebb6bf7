import { describe, expect, it } from '@jest/globals';
import { GraphQLError } from 'graphql';
import { silentLogger } from '../../runtime/logging.ts';
import { formattedOf, toldErrors } from './told-errors.ts';

const told = (error: GraphQLError) => toldErrors(silentLogger(), true)(formattedOf(error), error);
const withCode = (code: string): GraphQLError => new GraphQLError('A sentence.', { extensions: { code } });

describe('an error', () => {
  it('with a code of the schema is told as it is', () => {
    expect(told(withCode('MIN_SLOT_NOT_REACHED'))).toMatchObject({
      message: 'A sentence.',
      extensions: { code: 'MIN_SLOT_NOT_REACHED' },
    });
  });

  it.each(['DATABASE_SESSION_WRONG', 'toString', ''])(
    'with the code %p, which the schema does not have, is a fault of ours',
    (code) => {
      expect(told(withCode(code))).toMatchObject({
        message: expect.stringMatching(/went wrong here/),
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      });
    },
  );
});
