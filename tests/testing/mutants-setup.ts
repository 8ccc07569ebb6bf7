/** Of a mutant only the first failing example counts, and a property is not run long: see stryker.config.js. */

import fc from 'fast-check';

fc.configureGlobal({ endOnFailure: true, interruptAfterTimeLimit: 250, markInterruptAsFailure: false });
