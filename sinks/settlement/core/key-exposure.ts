/** Whether others than this process may use a keypair file, and what an operator can do about it. */

/** The rights of the file, as the file system tells them. */
export interface KeyFile {
  /** Path, for the advice. */
  readonly file: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whether this process could give the file other rights: false for a file of somebody else or on a read-only mount. */
  readonly changeable: boolean;
}

/** Who the process is. */
export interface KeyUser {
  readonly uid: number;
  /** Effective and supplementary groups. */
  readonly groups: readonly number[];
}

const OTHERS = 0o007;
const GROUP_READS = 0o040;
const GROUP_CHANGES = 0o030;

/**
 * Why the file must not be used, with advice that can be followed from where the process stands; undefined when nobody else
 * may use it. Reading by a group is fine where it is the only way that the process has: the group is one of its own, and the
 * file's rights are not its to change (a secret that is mounted for it).
 */
export function whyExposed(key: KeyFile, user: KeyUser): string | undefined {
  if ((key.mode & OTHERS) !== 0) return `every user of the machine may use it. ${advice(key)}`;
  if ((key.mode & GROUP_CHANGES) !== 0) return `its group ${key.gid} may change it. ${advice(key)}`;
  if ((key.mode & GROUP_READS) === 0) return undefined;
  if (!user.groups.includes(key.gid)) {
    return `its group ${key.gid} may read it, and this process (groups ${user.groups.join(', ')}) is not in that group. ${advice(key)}`;
  }
  return key.changeable ? `its group ${key.gid} may read it. ${advice(key)}` : undefined;
}

function advice({ file, changeable }: KeyFile): string {
  if (changeable) return `Run: chmod 600 ${file}`;
  return 'Its rights cannot be changed from here, so change them where it is mounted: in Kubernetes defaultMode: 0440 of the secret volume with fsGroup of the pod, in Docker chmod 600 of the file on the host and its owner as the user of the container.';
}

/** What a process that may not read the file can be given. */
export function whyForbidden({ uid, groups }: KeyUser, key?: Pick<KeyFile, 'mode' | 'uid' | 'gid'>): string {
  const owner = key === undefined ? '' : `it belongs to ${key.uid}:${key.gid} with mode ${octal(key.mode)}, and `;
  return `${owner}this process runs as user ${uid} with groups ${groups.join(', ')}; make that user its owner, or let one of these groups read it (in Kubernetes: fsGroup of the pod and defaultMode: 0440 of the secret volume)`;
}

/** The permission bits as chmod writes them. */
export function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

/**
 * Whether a setting that should be a path looks like the key itself: then it stands in no message.
 * Lists of numbers, base58, base64 and hexadecimal text as long as a key, and seed phrases.
 */
export function looksLikeKey(setting: string): boolean {
  const text = setting.trim();
  const isPath = /^(~|\.{1,2})?\/|^[A-Za-z]:\\/.test(text) && text.split('/').length > 2;
  return /^[[{"']/.test(text) || (/^[A-Za-z0-9+/=_-]{43,}$/.test(text) && !isPath) || text.split(/\s+/).length >= 12;
}
