import { bootstrap } from './bootstrap.mjs';

const [command = '', ...args] = process.argv.slice(2);
process.exitCode = await bootstrap(command, args);
