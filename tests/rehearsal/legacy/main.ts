/** The stand-in of the legacy system: its aggregator or its gateway, by the first argument, as a small process. */

const [part] = process.argv.slice(2);
// Each loads only what it needs: clients wait while the gateway starts.
if (part === 'aggregator') await (await import('./aggregator.ts')).runAggregator(process.env);
else if (part === 'gateway') (await import('./gateway.ts')).runGateway(process.env);
else throw new TypeError(`${part} is no part of the legacy system: aggregator or gateway`);
