import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { isRefusal } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { Ran } from '../exec/port.ts';
import { runner } from '../exec/run.ts';
import type { GatewayKeys, Login } from './port.ts';
import { renderKnownHosts, renderLogins, renderSshd } from './render.ts';

/** User of sshd in tests, as in its container. */
const UID = 65_002;

/** A port of the loopback address that is free now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

export interface Sshd {
  readonly port: number;
  /** What it wrote into its log. */
  log(): string;
  write(name: string, content: string | Uint8Array): Promise<void>;
  logins(logins: readonly Login[]): Promise<void>;
  stop(): Promise<void>;
}

/** A real sshd as it runs in its container: a user without rights, a root that is read-only, login names of its own. */
export async function startSshd(
  directory: string,
  keys: GatewayKeys,
  gate: string,
  /** Directory of the API's socket, for the gate. */
  api: string = directory,
): Promise<Sshd> {
  const files = join(directory, 'files');
  await mkdir(files, { recursive: true });
  await chmod(directory, 0o755);
  await chmod(files, 0o755);
  const port = await freePort();
  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(files, name), content, { mode: 0o400 });
    await chmod(join(files, name), 0o400);
    await chown(join(files, name), UID, UID);
  };
  await write('host_key', keys.hostKey);
  await write('host_key-cert.pub', keys.hostCertificate);
  await write('user_ca.pub', keys.userAuthority);
  await write('passwd', '');
  // The engine makes terminals of the group tty, as sshd wants them; here they are its own user's, so there is no such group.
  await write('group', '');
  // A test's machine may be slow; how long a login may take is not what is tried.
  const config = renderSshd({ files, port, listen: ['127.0.0.1'] }).replace(
    'LoginGraceTime 20',
    'LoginGraceTime 120',
  );
  await write('sshd_config', config);
  await writeFile(join(directory, 'known_hosts'), renderKnownHosts('127.0.0.1', port, keys.hostAuthority));
  let log = '';
  const started = runner.start(
    {
      argv: [
        'bwrap',
        ...['--ro-bind', '/', '/', '--ro-bind', join(files, 'passwd'), '/etc/passwd'],
        ...['--ro-bind', join(files, 'group'), '/etc/group', '--dev', '/dev'],
        ...['--proc', '/proc', '--tmpfs', '/tmp', '--ro-bind', directory, directory, '--die-with-parent'],
        ...['--tmpfs', '/run', '--ro-bind', files, '/run/ssh', '--ro-bind', api, '/run/bastide/api'],
        ...['/usr/sbin/sshd', '-D', '-e', '-f', join(files, 'sshd_config')],
      ],
      uid: UID,
      gid: UID,
      timeoutMs: 600_000,
    },
    (line) => {
      log += `${line}\n`;
    },
  );
  for (let left = 100; left > 0 && !log.includes('Server listening'); left -= 1) await sleep(50);
  if (!log.includes('Server listening')) throw new Error(`sshd did not start: ${log}`);
  return {
    port,
    log: () => log,
    write,
    async logins(logins) {
      const rendered = renderLogins(logins, { uid: UID, gid: UID, gate });
      for (const [name, text] of Object.entries(rendered)) {
        // The file itself is what is mounted: it is written in place.
        if (name === 'passwd') await writeFile(join(files, name), text);
        else await write(name, text);
      }
    },
    async stop() {
      started.kill('SIGTERM');
      await started.done;
    },
  };
}

export interface Dial {
  readonly directory: string;
  readonly port: number;
  readonly user: string;
  /** The private key; with `<key>-cert.pub` beside it the certificate is shown too. */
  readonly key?: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly stdin?: string;
  /** What the client knows of hosts; the gateway's authority unless told. */
  readonly knownHosts?: string;
}

/** One connection with Debian's own client, which trusts the gateway's authority and nothing else. */
export async function dial({
  directory,
  port,
  user,
  key,
  args = [],
  command = [],
  stdin,
  ...more
}: Dial): Promise<Ran> {
  const ran = await runner.run({
    argv: [
      ...(['/usr/bin/ssh', '-F', 'none', '-p', String(port), '-o', 'BatchMode=yes'] as const),
      ...[
        '-o',
        'StrictHostKeyChecking=yes',
        '-o',
        `UserKnownHostsFile=${more.knownHosts ?? join(directory, 'known_hosts')}`,
      ],
      ...['-o', 'GlobalKnownHostsFile=none', '-o', 'IdentitiesOnly=yes', '-o', 'IdentityAgent=none'],
      ...(key ? ['-i', key] : ['-o', 'PubkeyAuthentication=no']),
      ...args,
      `${user}@127.0.0.1`,
      ...command,
    ],
    env: { HOME: directory },
    timeoutMs: 30_000,
    ...(stdin === undefined ? {} : { stdin }),
  });
  if (isRefusal(ran)) throw new Error(ran.message);
  return ran;
}

/** A new key pair of a client; answers the line of its public half. */
export async function newKey(file: string, kind = 'ed25519'): Promise<string> {
  const made = await runner.run({ argv: ['/usr/bin/ssh-keygen', '-q', '-t', kind, '-N', '', '-f', file] });
  if (isRefusal(made) || made.code !== 0) throw new Error('no key was made');
  return (await readFile(`${file}.pub`, 'utf8')).trim();
}
