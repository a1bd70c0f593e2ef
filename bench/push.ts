// What `git push` costs through the SSH gateway, next to OpenSSH alone on the same machine. Both refuse the push once all
// of it has arrived and was checked, so that neither has a deploy in it, nor keeps what the next round sends again.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { plain } from '../test/stories/lib/apps.ts';
import { invited } from '../test/stories/lib/people.ts';
import { DOMAIN, openPlatform } from '../test/stories/lib/platform.ts';
import { numbers } from './lib/options.ts';
import { begin } from './lib/result.ts';
import { median, quantile } from './lib/stats.ts';

const MIB = 1024 ** 2;
const GATEWAY = `bastide.${DOMAIN}`;
/** The port that the firewall leaves to whoever runs the machine. */
const OWN_PORT = 22;

const { rounds, mb } = numbers({ rounds: 15, mb: 20 });
const bench = await begin('push', 'git push through the SSH gateway', {
  OpenSSH: ['sshd', '-V'],
  git: ['git', '--version'],
});
await using platform = await openPlatform();
const { desk, node } = platform;
await platform.app('hall', 'doors');
const ada = await invited(platform, platform, 'ada', 'owner', 'tellers');
await ada.ok('ssh:open', '--project', 'doors', '--for', '1h', '--from', desk.address);

const place = platform.source('bench', plain('pushed'));
const settings = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'gc.auto=0'];
const git = (...args: string[]) => desk.must(['git', '-C', place, ...settings, ...args]);
await git('init', '--quiet', '--initial-branch=main');
await git('add', '--all');
await git('commit', '--quiet', '--message=Small');
await git('branch', 'small');
desk.writeFile(join(place, 'large.bin'), randomBytes(mb * MIB).toString('base64'));
await git('add', '--all');
await git('commit', '--quiet', '--message=Large');
await git('branch', 'large');

/** OpenSSH alone, with a repository whose hook says no, as the gateway's does to a branch that is not deployed. */
async function startPlain(): Promise<string> {
  const { host } = node;
  const at = '/run/bench';
  const key = join(place, 'key');
  await desk.must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key]);
  host.writeFile(`${at}/authorized_keys`, desk.readFile(`${key}.pub`), 0o600);
  await host.must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', `${at}/host_key`]);
  await host.must(['git', 'init', '--quiet', '--bare', `${at}/plain.git`]);
  await host.must(['git', '-C', `${at}/plain.git`, 'config', 'receive.fsckObjects', 'true']);
  host.writeFile(`${at}/plain.git/hooks/pre-receive`, '#!/bin/sh\nexit 1\n', 0o755);
  await host.must(['mkdir', '-p', '/run/sshd']);
  const options = {
    ...{ Port: OWN_PORT, HostKey: `${at}/host_key`, AuthorizedKeysFile: `${at}/authorized_keys` },
    ...{ PermitRootLogin: 'prohibit-password', StrictModes: 'no', UsePAM: 'no' },
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  host.spawn(['/usr/sbin/sshd', '-D', '-e', '-f', '/dev/null', ...flags]);
  return `ssh -F none -i ${key} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
}

interface Way {
  readonly name: string;
  readonly ssh: string;
  readonly remote: string;
}
const ways: readonly Way[] = [
  {
    name: 'OpenSSH alone',
    ssh: await startPlain(),
    remote: `ssh://root@${node.host.address}:${OWN_PORT}/run/bench/plain.git`,
  },
  {
    name: 'the gateway',
    ssh: `ssh -F ${join(ada.config, 'ssh', 'config')}`,
    remote: `ssh://hall@${GATEWAY}:2200/hall.git`,
  },
];

/** Seconds of one push, which has to be refused at its end. */
async function push({ name, ssh, remote }: Way, branch: string): Promise<number> {
  const started = performance.now();
  const argv = ['git', '-C', place, 'push', remote, `${branch}:refs/heads/topic`];
  const ran = await desk.exec(argv, { env: { GIT_SSH_COMMAND: ssh }, timeoutMs: 120_000 });
  if (ran.code === 0 || !/rejected/.test(ran.stderr)) throw new Error(`${name}: ${ran.stderr}`);
  return (performance.now() - started) / 1000;
}

/** Seconds that a certificate takes, the start of the command line included. */
async function certificate(): Promise<number> {
  const started = performance.now();
  await ada.ok('ssh:certificate', 'hall');
  return (performance.now() - started) / 1000;
}

const PUSHES = { small: 'three small files', large: `${mb} MiB that do not compress` } as const;
const raw: Record<string, number[]> = {};
const keep = (name: string, value: number) => {
  raw[name] ??= [];
  raw[name].push(value);
};
for (let round = 0; round <= rounds; round += 1) {
  const took = await certificate();
  // The first round warms up.
  if (round > 0) keep('a certificate', took);
  for (const branch of Object.keys(PUSHES))
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      const seconds = await push(way, branch);
      if (round > 0) keep(`${branch}, ${way.name}`, seconds);
    }
}

const [bare, own] = ways.map(({ name }) => name) as [string, string];
const ratioOf = (branch: string) =>
  median(raw[`${branch}, ${own}`]!.map((value, round) => value / raw[`${branch}, ${bare}`]![round]!));
bench.save({
  notes: [
    `${rounds} rounds after one to warm up; the two take turns. Medians, ratios within a round. Client and server on one machine, so that both halves of the encryption are in it.`,
    'Seconds from the start of `git push` to its refusal by the hook, when all of it has arrived and every object was checked: the gateway refuses a branch that is not deployed, OpenSSH alone has a hook that says no.',
    'The gateway adds a certificate, an API session for the project, a repository of its own for each push, and the audit log.',
  ],
  headlines: [
    {
      what: 'seconds for git push through the gateway, three small files',
      bastide: median(raw[`small, ${own}`]!),
      reference: median(raw[`small, ${bare}`]!),
      against: 'OpenSSH alone',
      ratio: ratioOf('small'),
    },
  ],
  tables: [
    {
      title: 'git push',
      columns: ['', `${bare}, median`, `${own}, median`, `${own}, p90`, 'ratio'],
      rows: Object.entries(PUSHES).map(([branch, what]) => [
        what,
        median(raw[`${branch}, ${bare}`]!),
        median(raw[`${branch}, ${own}`]!),
        quantile(raw[`${branch}, ${own}`]!, 0.9),
        ratioOf(branch),
      ]),
    },
    {
      title: 'A certificate for minutes, the start of the command line included',
      columns: ['', 'seconds, median', 'p90'],
      rows: [
        ['bastide ssh:certificate', median(raw['a certificate']!), quantile(raw['a certificate']!, 0.9)],
      ],
    },
  ],
  raw,
});
