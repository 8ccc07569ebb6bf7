import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

const pingTimeoutMs = 500;

/** Where an engine may listen: DOCKER_HOST if set, else the usual sockets of Docker and Podman. */
function endpoints(env: Readonly<Record<string, string | undefined>>): string[] {
  if (env.DOCKER_HOST !== undefined && env.DOCKER_HOST !== '') return [env.DOCKER_HOST];
  if (process.platform === 'win32') return ['npipe:////./pipe/docker_engine'];
  const runtimeDir = env.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.() ?? 0}`;
  const sockets = [
    '/var/run/docker.sock',
    join(runtimeDir, 'docker.sock'),
    join(runtimeDir, 'podman', 'podman.sock'),
    join(homedir(), '.docker', 'run', 'docker.sock'),
    join(homedir(), '.colima', 'default', 'docker.sock'),
  ];
  return sockets.map((path) => `unix://${path}`);
}

function ping(endpoint: string): Promise<boolean> {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || url.protocol === 'ssh:') return Promise.resolve(false);
  const target =
    url.protocol === 'tcp:' || url.protocol === 'http:'
      ? { host: url.hostname, port: url.port === '' ? 2375 : Number(url.port) }
      : { socketPath: endpoint.replace(/^(unix|npipe):\/\//, '') };
  return new Promise((resolve) => {
    const call = request({ ...target, path: '/_ping', timeout: pingTimeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.on('close', () => resolve(false));
    call.end();
  });
}

/** Says whether a container engine answers a ping within half a second. */
export async function containerEngineAnswers(env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  const answers = await Promise.all(endpoints(env).map(ping));
  return answers.includes(true);
}
