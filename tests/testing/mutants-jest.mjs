/** What pure tests import of `@jest/globals`, outside of Jest: its own parts, in the process that runs them. */

import { createRequire } from 'node:module';

const jestPart = createRequire(createRequire(import.meta.url).resolve('jest/package.json'));

export const circus = jestPart('jest-circus');
export const { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } = circus;
export const { jestExpect: expect } = jestPart('@jest/expect');
