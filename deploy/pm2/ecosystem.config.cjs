/**
 * PM2, for machines that ran the legacy services under it. Variables come from .env in the repository's folder, each role takes
 * those that it reads. Start: pm2 start deploy/pm2/ecosystem.config.cjs, with --only ao-listener,… for some of them.
 * A role whose configuration is wrong (the webhook without AGGREGATOR_URL, the webhooks without WEBHOOKS_FILE) ends with status 2 and is left so.
 */
const { join } = require('node:path');

const root = join(__dirname, '../..');
const role = (name, command) => ({
  name: `ao-${name}`,
  cwd: root,
  script: 'cli/ao.ts',
  args: command,
  interpreter: 'node',
  node_args: '--conditions=@attention-oracle/source',
  kill_timeout: 8000,
  stop_exit_codes: [2],
  exp_backoff_restart_delay: 500,
  max_memory_restart: '1G',
});

module.exports = {
  apps: [
    role('listener', 'listen'),
    role('processor', 'process'),
    role('sink', 'sink'),
    role('settlement', 'settle'),
    role('webhook', 'webhook'),
    role('webhooks', 'webhooks'),
    role('gateway', 'gateway'),
    role('parity-watch', 'parity-watch'),
    role('lag-exporter', 'lag-exporter'),
  ],
};
