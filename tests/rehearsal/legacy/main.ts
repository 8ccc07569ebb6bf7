/** The stand-in of the legacy system: its aggregator or its gateway, by the first argument, as a small process. */

import { runAggregator } from './aggregator.ts';
import { runGateway } from './gateway.ts';

const [part] = process.argv.slice(2);
if (part === 'aggregator') await runAggregator(process.env);
else if (part === 'gateway') runGateway(process.env);
else throw new TypeError(`${part} is no part of the legacy system: aggregator or gateway`);
