import { runForeground } from '../child.mjs';

// Runs a child like a command of the bootstrap: it tells its id, counts the signals it gets, and ends with status 7.
const script = `
  let count = 0;
  process.on('SIGTERM', () => {
    count++;
    setTimeout(() => {
      console.log('signals ' + count);
      process.exit(7);
    }, 100);
  });
  setInterval(() => undefined, 1000);
  console.log('pid ' + process.pid);
`;
const parentWatch = `--import=${new URL('../parent-watch.mjs', import.meta.url).href}`;
process.exitCode = await runForeground(process.execPath, [parentWatch, '-e', script]);
