// Preloaded into the command: ends it, in order, when the bootstrap that started it is gone (kill -9).
// The variable is for the command alone: what it forks has a channel too, and another parent.
const startedByBootstrap = process.env.AO_PARENT_WATCH === '1';
delete process.env.AO_PARENT_WATCH;
if (startedByBootstrap && process.channel !== undefined) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // After the listener, which would otherwise keep the process alive through the channel.
  process.channel.unref();
}
