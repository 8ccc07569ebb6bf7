import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const sdkFolder = fileURLToPath(new URL('../..', import.meta.url));
const repositoryFolder = join(sdkFolder, '..');

/** npm's scripts and children use the Node that runs the tests. */
const env = { ...process.env, NODE_OPTIONS: '', PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };

/** An empty project outside the repository in which the packed package is installed, and nothing else. */
export class ConsumerProject {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Builds and packs the package away from the repository, and installs the tarball without a network. */
  static async create(): Promise<ConsumerProject> {
    const folder = await mkdtemp(join(tmpdir(), 'sdk-consumer-'));
    const packed = join(folder, 'package');
    await mkdir(packed);
    const manifest = join(sdkFolder, 'package.json');
    const { files, version } = JSON.parse(await readFile(manifest, 'utf8')) as { files: string[]; version: string };
    for (const file of files.filter((name) => name !== 'dist'))
      await copyFile(join(sdkFolder, file), join(packed, file));
    await copyFile(manifest, join(packed, 'package.json'));
    const tsup = join(repositoryFolder, 'node_modules', 'tsup', 'dist', 'cli-default.js');
    await run(process.execPath, [tsup, '--silent', '--out-dir', join(packed, 'dist')], { cwd: sdkFolder, env });
    const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    await run('npm', pack, { cwd: packed, env });
    const project = new ConsumerProject(folder);
    await project.write('package.json', JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }));
    const tarball = `./attention-oracle-sdk-${version}.tgz`;
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--silent', tarball], { cwd: folder, env });
    return project;
  }

  async write(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, text);
    return path;
  }

  /** Runs a script in the project; gives what it prints. */
  async print(name: string, text: string): Promise<string> {
    const { stdout } = await run(process.execPath, [await this.write(name, text)], { cwd: this.folder, env });
    return stdout;
  }

  /** Runs a script in the project and reads the JSON it prints. */
  async runScript(name: string, text: string): Promise<unknown> {
    return JSON.parse(await this.print(name, text)) as unknown;
  }

  /** Rejects when a file of the project is no valid script. */
  async checkSyntax(name: string): Promise<void> {
    await run(process.execPath, ['--check', name], { cwd: this.folder, env });
  }

  /** Type-checks the project's files; gives the compiler's complaints, empty when there are none. */
  async typeCheck(...files: string[]): Promise<string> {
    const compiler = join(repositoryFolder, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--noEmit', '--strict', '--skipLibCheck', 'false'];
    const target = ['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom'];
    try {
      await run(process.execPath, [compiler, ...options, ...target, ...files], { cwd: this.folder, env });
      return '';
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }

  /** What publint and arethetypeswrong find wrong with the packed package; empty when nothing. */
  async complaints(): Promise<string> {
    const modules = join(repositoryFolder, 'node_modules');
    const [tarball] = (await readdir(this.folder)).filter((name) => name.endsWith('.tgz'));
    const lints = [
      [join(modules, 'publint', 'src', 'cli.js'), 'run', '--strict', 'package'],
      [join(modules, '@arethetypeswrong', 'cli', 'dist', 'index.js'), '--no-color', tarball ?? ''],
    ];
    const failures = lints.map(([program = '', ...args]) =>
      run(process.execPath, [program, ...args], { cwd: this.folder, env }).then(
        () => '',
        ({ stdout, message }: { stdout: string; message: string }) => `${message}\n${stdout}`,
      ),
    );
    return (await Promise.all(failures)).join('');
  }

  /** Makes a package of the repository, such as `@solana/web3.js`, the project's own. */
  async add(name: string): Promise<void> {
    const place = join('node_modules', ...name.split('/'));
    await mkdir(dirname(join(this.folder, place)), { recursive: true });
    await symlink(join(repositoryFolder, place), join(this.folder, place));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
