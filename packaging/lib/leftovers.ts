import { readdir, readFile } from 'node:fs/promises';
import { runner } from '../../src/adapters/exec/run.ts';
import { makeEncryptedImages } from '../../src/adapters/fscrypt/images.ts';
import { nodeSettings } from '../../src/capabilities/nodes/settings.ts';
import { placesOn } from '../../src/capabilities/nodes/system/storage.ts';
import { isRefusal } from '../../src/kernel/refusal.ts';
import { paths } from '../../src/main/paths.ts';
import { processesHere } from '../doctor/processes.ts';

const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Lines of mountinfo that are ours. */
export const ownMounts = (mountinfo: string): string[] =>
  mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => [paths.run, paths.state, paths.cache].some((ours) => path.startsWith(`${ours}/`)))
    .map((path) => `mount ${path}`);

/** What we start, by the name of the program: an editor or a viewer that has a file of ours open is nobody's leftover. */
const OURS =
  /^(\/\S*\/)?(bastide-\S+|buildah|bwrap|containerd(-shim\S*)?|docker-(init|proxy|registry)|dockerd|haproxy|mariadbd|node|perl|pgbouncer|postgres|rclone|redis-server|restic|runc|runsv|runsvdir|sh|slirp4netns|sshd|svlogd|tini)$/;

/** Programs of ours, by the words of their command line. */
export const ownProcesses = (all: readonly { pid: number; cmdline: string }[], self: number): string[] =>
  all
    .filter(
      ({ pid, cmdline }) =>
        pid !== self &&
        OURS.test(cmdline.split('\0')[0] ?? '') &&
        /\/(run|var\/lib|etc)\/bastide\/|\/dist\/agent\.js/.test(cmdline),
    )
    .map(({ pid, cmdline }) => `process ${pid} (${cmdline.split('\0')[0]})`);

/** Rules and links that carry our names. */
const ownLines = (output: string, what: string): string[] =>
  output
    .split('\n')
    .filter((line) => /bastide|DOCKER|docker_gwbridge|bst-/i.test(line))
    .map((line) => `${what} ${line.trim()}`);

/** What of the platform is still on the machine. Empty after a clean stop. */
export async function leftovers(): Promise<string[]> {
  const said = async (...argv: [string, ...string[]]) => {
    const ran = await runner.run({ argv, timeoutMs: 20_000 });
    return isRefusal(ran) ? '' : ran.stdout;
  };
  return [
    ...ownProcesses(await processesHere(), process.pid),
    ...ownMounts(await text('/proc/self/mountinfo')),
    ...ownLines(await said('nft', 'list', 'tables'), 'table'),
    ...ownLines(await said('iptables-save'), 'rule'),
    ...ownLines(await said('ip', '-brief', 'link'), 'link'),
    ...ownLines(await said('ip', 'netns', 'list'), 'namespace'),
    ...(await loopDevices()),
    ...(await cgroups()),
  ];
}

/** Devices that images of ours are attached to, in whatever mount namespace. */
async function loopDevices(): Promise<string[]> {
  const images = makeEncryptedImages(runner);
  const places = await placesOn({ storage: paths.storage, mounts: paths.projects });
  const found = await Promise.all(places.map((place) => images.facts(place)));
  return found.flatMap((facts, index) =>
    isRefusal(facts) ? [] : facts.devices.map((device) => `${device} (${places[index]!.image})`),
  );
}

async function cgroups(): Promise<string[]> {
  const root = '/sys/fs/cgroup';
  const hierarchies = ['', ...(await readdir(root).catch(() => []))];
  const ours = hierarchies.map((name) => `${root}/${name}${nodeSettings.cgroupParent}`);
  const found = await Promise.all(
    ours.map((path) =>
      readdir(path).then(
        () => [`cgroup ${path}`],
        () => [],
      ),
    ),
  );
  return found.flat();
}
