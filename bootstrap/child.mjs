import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/**
 * Runs a program to its end without showing its output; gives { code, output } with the last 64 KB of both streams.
 * onText sees the output as it comes. A program that cannot be started gives code -1 and the reason as output.
 */
export function capture(command, args, { cwd, env, onText } = {}) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && /(^|[\\/])(npm|mvn)$/.test(command),
    });
    const onData = (chunk) => {
      const text = chunk.toString();
      output = (output + text).slice(-65_536);
      onText?.(text);
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

/** Parent of a process; undefined where /proc does not tell. */
function parentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1];
  } catch {
    return undefined;
  }
}

/** npm and the shell between us may die without a word to us; that they are gone shows in our having other ancestors. */
function onNpmGone(stop) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const ancestors = () => `${process.ppid} ${parentOf(process.ppid)}`;
  const first = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === first) return;
    clearInterval(timer);
    stop();
  }, 200);
  timer.unref();
}

/**
 * Runs the command proper: its own streams, signals forwarded, gives the exit status to end with.
 * On a terminal the child shares our process group and gets Ctrl-C from it; elsewhere it has a group of its own, so that
 * a signal sent to npm, to us or to the whole group reaches it once. It sees our death by the closing of the channel.
 */
export function runForeground(command, args, { env, cwd } = {}) {
  return new Promise((resolve) => {
    const onTerminal = process.stdin.isTTY === true;
    const detached = !onTerminal && process.platform !== 'win32';
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env, AO_PARENT_WATCH: '1' },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      detached,
    });
    const lastSentMs = new Map();
    const forward = (signal) => {
      if (signal === 'SIGINT' && onTerminal) return;
      // npm and a group-wide kill each pass the same signal on: twice within a second means once.
      if (Date.now() - (lastSentMs.get(signal) ?? 0) < 1000) return;
      lastSentMs.set(signal, Date.now());
      child.kill(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => forward(signal));
    onNpmGone(() => forward('SIGTERM'));
    child.on('error', (error) => {
      process.stderr.write(`${command} cannot be started: ${error.message}\n`);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0)));
  });
}
