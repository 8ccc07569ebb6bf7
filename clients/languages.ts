/** The languages with a client here, and how each is made and run. Commands run in a copy of the project. */

import { moduleCommand } from '../bootstrap/node-module.mjs';

export interface Language {
  readonly name: string;
  /** What must be on this machine, by how it tells its version. */
  readonly toolchain: readonly Command[];
  /** Brings the packages; where it fails, they cannot be had here. */
  readonly fetch: readonly Command[];
  /** Generates the code and compiles it. */
  readonly build: readonly Command[];
  /** Takes GATEWAY_URL CHANNEL COUNT. */
  readonly run: Command;
}

export type Command = readonly [program: string, ...args: string[]];

const node = process.execPath;
const classPath = 'target/follow-roots.jar:target/lib/*';

export const LANGUAGES: readonly Language[] = [
  {
    name: 'typescript',
    toolchain: [],
    // In this repository its packages are those of the repository.
    fetch: [],
    build: [
      [node, moduleCommand('@graphql-codegen/cli', 'graphql-codegen'), '--config', 'codegen.json', '--silent'],
      [node, moduleCommand('typescript', 'tsc'), '-p', '.'],
    ],
    run: [node, 'follow-roots.ts'],
  },
  {
    name: 'python',
    toolchain: [['python3', '--version']],
    fetch: [
      ['python3', '-m', 'venv', 'venv'],
      ['venv/bin/pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'],
    ],
    build: [
      ['venv/bin/ariadne-codegen'],
      ['venv/bin/python', '-m', 'compileall', '-q', 'attention_oracle', 'follow_roots.py'],
    ],
    run: ['venv/bin/python', 'follow_roots.py'],
  },
  {
    name: 'go',
    toolchain: [['go', 'version']],
    fetch: [['go', 'mod', 'download']],
    build: [
      ['go', 'tool', 'genqlient'],
      ['go', 'vet', '.'],
      ['go', 'build', '-o', 'follow-roots', '.'],
    ],
    run: ['./follow-roots'],
  },
  {
    name: 'rust',
    toolchain: [['cargo', '--version']],
    fetch: [['cargo', 'fetch', '--quiet']],
    build: [['cargo', 'build', '--quiet']],
    run: ['target/debug/follow-roots'],
  },
  {
    name: 'java',
    toolchain: [
      ['javac', '-version'],
      ['mvn', '--version'],
    ],
    fetch: [['mvn', '-q', '-B', 'dependency:resolve-plugins', 'dependency:resolve']],
    build: [['mvn', '-q', '-B', 'package']],
    run: ['java', '-cp', classPath, 'attentionoracle.FollowRoots'],
  },
];
