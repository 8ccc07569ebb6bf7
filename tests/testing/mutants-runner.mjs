/**
 * A test runner for StrykerJS: it runs pure tests in its own process, on modules that are loaded once. Jest makes a world of its own
 * for each test file and run, which pure code does not need: 830 mutants of `domain` took 355 s by it, and 58 s so. The test files
 * themselves are loaded anew for every mutant, so that what they hold is fresh.
 */

import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { circus, endIdleTests, expect } from './mutants-jest.mjs';

const jestUrl = new URL('./mutants-jest.mjs', import.meta.url).href;
/** Where the changed code looks for what is changed, and counts what a test has reached. */
const changes = (globalThis.__stryker__ ??= {});
const idOf = (file, titles) => `${relative(process.cwd(), file)} › ${titles}`;
const fileOf = (id) => resolve(id.slice(0, id.indexOf(' › ')));
const titlesOf = ({ name, parent }) => (parent === undefined ? [] : [...titlesOf(parent), name]);

class PureTestRunner {
  static inject = ['options'];
  #patterns;
  #loads = 0;
  #file = '';
  /** What failed in the run that goes on. */
  #failures = [];

  constructor({ pureTests }) {
    this.#patterns = pureTests;
  }

  capabilities() {
    // A module that is loaded stays so: Stryker starts another process where a change is of what happens at loading.
    return { reloadEnvironment: false };
  }

  async init() {
    process.env.NODE_ENV = 'test';
    endIdleTests(() => changes.currentTestId !== undefined);
    const fail = (error) => this.#failures.push({ id: changes.currentTestId, error });
    process.on('uncaughtException', fail);
    process.on('unhandledRejection', fail);
    registerHooks({
      resolve: (name, context, next) =>
        name === '@jest/globals' ? { url: jestUrl, shortCircuit: true } : next(name, context),
    });
    circus.addEventHandler((event) => {
      if (event.name === 'test_start') changes.currentTestId = idOf(this.#file, titlesOf(event.test).join(' '));
      if (event.name !== 'test_done') return;
      for (const { error } of expect.extractExpectedAssertionsErrors()) event.test.errors.push(error);
      for (const error of event.test.errors) fail([error].flat()[0]);
      changes.currentTestId = undefined;
    });
    await import(pathToFileURL(resolve('tests/testing/mutants-setup.ts')).href);
  }

  async dryRun({ coverageAnalysis }) {
    changes.mutantCoverage = coverageAnalysis === 'off' ? undefined : { static: {}, perTest: {} };
    const tests = new Map();
    for (const file of this.#testFiles()) {
      try {
        for (const test of await this.#run(file, { load: undefined, run: undefined, mayRun: () => true }))
          tests.set(test.id, test);
      } catch (error) {
        return { status: 'error', errorMessage: `${file}: ${error?.stack ?? error}` };
      }
    }
    for (const { id, error } of this.#failures)
      tests.set(id, { ...tests.get(id), id, name: id, status: 1, failureMessage: String(error?.stack ?? error) });
    return { status: 'complete', tests: [...tests.values()], mutantCoverage: changes.mutantCoverage };
  }

  async mutantRun({ activeMutant, sandboxFileName, mutantActivation, testFilter, hitLimit, disableBail }) {
    this.#failures = [];
    changes.mutantCoverage = undefined;
    changes.hitLimit = hitLimit;
    changes.hitCount = hitLimit === undefined ? undefined : 0;
    const wanted = testFilter && new Set(testFilter);
    const mayRun = (id) => (wanted?.has(id) ?? true) && (disableBail || this.#failures.length === 0);
    const active = { load: mutantActivation === 'static' ? activeMutant.id : undefined, run: activeMutant.id, mayRun };
    let nrOfTests = 0;
    // The changed file's own tests first: they mostly notice.
    const own = sandboxFileName.replace(/\.ts$/, '.test.ts');
    const files = wanted ? [...new Set(testFilter.map(fileOf))] : this.#testFiles();
    for (const file of files.sort((a, b) => Number(b === own) - Number(a === own))) {
      if (this.#failures.length > 0 && !disableBail) break;
      try {
        nrOfTests += (await this.#run(file, active)).length;
      } catch (error) {
        return { status: 'error', errorMessage: String(error?.stack ?? error) };
      }
    }
    changes.activeMutant = undefined;
    if (changes.hitCount > hitLimit) return { status: 'timeout', reason: `Reached ${changes.hitCount} times` };
    if (this.#failures.length === 0) return { status: 'survived', nrOfTests };
    const killedBy = [...new Set(this.#failures.map(({ id }) => id).filter((id) => id !== undefined))];
    const [{ error }] = this.#failures;
    return { status: 'killed', killedBy, failureMessage: String(error?.message ?? error), nrOfTests };
  }

  #testFiles() {
    return globSync(this.#patterns).map((file) => resolve(file));
  }

  /** Loads a test file and runs those of its tests that may run, with the changes that are active meanwhile. */
  async #run(file, { load, run, mayRun }) {
    this.#file = file;
    circus.resetState();
    changes.activeMutant = load;
    await import(`${pathToFileURL(file).href}?load=${++this.#loads}`);
    changes.activeMutant = run;
    circus.getState().testNamePattern = { test: (titles) => mayRun(idOf(file, titles)) };
    const { testResults, unhandledErrors } = await circus.run();
    // What a test has let go of may fail right after it.
    await new Promise(setImmediate);
    for (const error of unhandledErrors) this.#failures.push({ id: undefined, error });
    return testResults
      .filter(({ status }) => status === 'done')
      .map(({ testPath, duration }) => {
        const id = idOf(file, testPath.slice(1).join(' '));
        return { id, name: id, fileName: file, timeSpentMs: duration ?? 0, status: 0 };
      });
  }
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'pure', injectableClass: PureTestRunner }];

/** `pureTests`: patterns of the test files that judge the room. */
export const strykerValidationSchema = { properties: { pureTests: { type: 'array', items: { type: 'string' } } } };
