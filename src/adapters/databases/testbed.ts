import { randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeStacks } from '../../capabilities/stacks/perform.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { sleep } from '../../kernel/time.ts';
import { paths } from '../../main/paths.ts';
import type { Ran, Started } from '../exec/port.ts';
import { runner } from '../exec/run.ts';
import { makeBootstrap } from '../mmdebstrap/run.ts';
import { makePki } from '../pki/directory.ts';
import type { Client, Credential, DatabaseEngine, Instance, Session } from './port.ts';

const MIB = 1024 ** 2;
const NOBODY = 65_534;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A real server of an engine, from its own stack, in namespaces of its own; the session is the container's. */
export interface TestServer extends AsyncDisposable {
  readonly session: Session;
  /** Runs a client program as nobody, inside. */
  as(client: Client, stdin: string, args?: readonly string[]): Promise<Ran>;
  /** Ends the server and starts it again on the same files. */
  restart(): Promise<void>;
  /** What it wrote to its standard error so far: its log. */
  log(): string;
  /** Its files on the host. */
  readonly directory: string;
  /** The argv of a program of this machine that is to run in the server's network, where it listens on loopback. */
  nextTo(argv: readonly string[]): [string, ...string[]];
}

export const testInstance = (name: string, version: string): Instance => ({
  id: `0190a0a0-0000-7000-8000-${randomBytes(6).toString('hex')}`,
  name,
  version,
  limits: { memoryBytes: 256 * MIB, cpus: 1, connections: 20, diskBytes: 1024 * MIB },
  host: `${name}.db`,
});

export const testCredential = (engine: DatabaseEngine, instance: Instance, generation = 1): Credential => ({
  user: engine.user(instance, generation),
  password: new Secret(randomBytes(32).toString('base64url')),
});

async function rootOf(stack: string): Promise<string> {
  const stacks = makeStacks({
    runner,
    bootstrap: makeBootstrap({ runner, tmpDir: join(paths.cache, 'tmp') }),
    dir: paths.stacks,
    recipes: fileURLToPath(new URL('../../../stacks', import.meta.url)),
    npmCache: join(paths.cache, 'npm'),
  });
  return must(await stacks.unpack(must(await stacks.ensure(stack, () => {}))));
}

interface Layout {
  readonly root: string;
  readonly dir: string;
  readonly uid: number;
}

/** What a container of the engine would be: read-only root, own network, processes and mounts, no capability. */
function jail(engine: DatabaseEngine, instance: Instance, { root, dir }: Layout): string[] {
  const { directories, tmpfs } = engine.shape(instance);
  return [
    ...['bwrap', '--die-with-parent', '--unshare-net', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ...['usr', 'var', 'bin', 'sbin', 'lib', 'lib64'].flatMap((top) => [
      '--ro-bind',
      join(root, top),
      `/${top}`,
    ]),
    ...['--ro-bind', join(dir, 'etc'), '/etc', '--dev', '/dev', '--proc', '/proc'],
    ...tmpfs.flatMap(({ path, sizeBytes }) => ['--perms', '1777', '--size', `${sizeBytes}`, '--tmpfs', path]),
    ...directories.flatMap(({ name, target, readOnly }) => [
      readOnly ? '--ro-bind' : '--bind',
      join(dir, name),
      target,
    ]),
    ...['--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--cap-add', 'CAP_SETPCAP'],
  ];
}

const become = (uid: number): string[] => [
  ...['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs'],
  ...['--inh-caps=-all', '--bounding-set=-all'],
];

async function childOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const [child] = text.trim().split(' ');
  return child ? Number(child) : undefined;
}

async function writeFiles(engine: DatabaseEngine, instance: Instance, { root, dir, uid }: Layout) {
  const pki = makePki({ directory: join(dir, 'pki'), name: 'test database CA' });
  const ca = must(await pki.root()).certificate;
  const leaf = must(
    await pki.issue({ commonName: instance.host, hosts: [instance.host], usage: 'server', days: 1 }),
  );
  await cp(join(root, 'etc'), join(dir, 'etc'), { recursive: true, verbatimSymlinks: true });
  await mkdir(join(dir, 'etc/bastide'));
  await writeFile(join(dir, 'etc/bastide/ca.pem'), ca);
  await writeFile(join(dir, 'etc/hosts'), `127.0.0.1 localhost ${instance.host}\n`);
  for (const { name } of engine.shape(instance).directories) {
    await mkdir(join(dir, name), { mode: 0o700 });
    await chown(join(dir, name), uid, uid);
  }
  const files = engine.files(instance, { certificate: leaf.certificate, key: leaf.key, ca });
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, 'config', name);
    await writeFile(path, content instanceof Secret ? content.reveal() : content, { mode: 0o400 });
    await chown(path, uid, uid);
  }
}

/**
 * Starts one and waits until it takes queries; its files are in a directory of their own below `around`, which its user
 * must be able to pass. Needs root, bubblewrap and the engine's stack (built when missing).
 */
export async function startServer(
  engine: DatabaseEngine,
  instance: Instance,
  around = tmpdir(),
): Promise<TestServer> {
  const shape = engine.shape(instance);
  const dir = await mkdtemp(join(around, `bastide-${engine.name}-`));
  await chmod(dir, 0o711);
  const layout: Layout = { root: await rootOf(shape.stack), dir, uid: shape.uid };
  await writeFiles(engine, instance, layout);

  let server: Started | undefined;
  let inside = 0;
  let log = '';
  const enter = (uid: number, argv: readonly string[]): [string, ...string[]] => [
    ...([
      'nsenter',
      `--target=${inside}`,
      '--mount',
      '--net',
      '--pid',
      '--ipc',
      '--uts',
      '--root',
      '--wdns=/',
    ] as const),
    ...['--', ...become(uid)],
    ...argv,
  ];
  const baseEnv = {
    PATH: '/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: '/',
  };
  const session: Session = {
    instance,
    async run(argv, stdin) {
      return runner.run({
        argv: enter(shape.uid, argv),
        env: { ...baseEnv, ...shape.env },
        ...(stdin === undefined ? {} : { stdin }),
      });
    },
    async stream(argv, { stdin, stdout, env, user, signal }) {
      const uid = user === undefined ? shape.uid : Number(user.split(':')[0]);
      const ran = await runner.pipe(
        { argv: enter(uid, argv), env: { ...baseEnv, ...shape.env, ...env }, timeoutMs: HOUR_MS },
        {
          stdout,
          ...(signal ? { signal } : {}),
          ...(stdin
            ? {
                write: async (to) => {
                  for await (const chunk of stdin) {
                    if (!to.write(chunk)) await new Promise((resolve) => to.once('drain', resolve));
                  }
                },
              }
            : {}),
        },
      );
      return isRefusal(ran) ? ran : { code: ran.code, stderr: ran.stderr };
    },
  };

  const start = async () => {
    const argv = [
      ...jail(engine, instance, layout),
      '--',
      ...become(shape.uid),
      ...shape.entrypoint,
      ...shape.command,
    ];
    server = runner.start(
      { argv: argv as [string, ...string[]], env: { ...baseEnv, ...shape.env }, timeoutMs: DAY_MS },
      (line) => {
        log += `${line}\n`;
      },
    );
    for (let tries = 0; ; tries += 1) {
      const first = await childOf(server.pid!);
      if (first !== undefined) {
        inside = first;
        const ready = await engine.ready(session);
        if (ready === true) return;
      }
      if (tries === 300) throw new Error(`${engine.name} does not get ready\n${log}`);
      await sleep(200);
    }
  };
  const stop = async () => {
    // The signal is for the server, not for the jail around it, which would take it away at once.
    const it = inside && (await childOf(inside));
    if (it) process.kill(it, shape.stopSignal as NodeJS.Signals);
    await Promise.race([server?.done, sleep(30_000)]);
    server?.kill('SIGKILL');
    await server?.done;
  };
  await start();
  return {
    session,
    directory: dir,
    log: () => log,
    nextTo: (argv) => ['nsenter', `--net=/proc/${inside}/ns/net`, '--', ...argv],
    async as({ argv, env }, stdin, args = []) {
      return must(
        await runner.run({
          argv: enter(NOBODY, [...argv, ...args]),
          env: { ...baseEnv, ...env },
          stdin,
          timeoutMs: HOUR_MS,
        }),
      );
    },
    async restart() {
      await stop();
      await start();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
