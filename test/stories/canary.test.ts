import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../../src/main/paths.ts';
import { ensureVault, hoard, makeHoard, type Told } from './lib/hoard.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

const [PROJECT, APP, DATABASE] = ['aviary', 'cage', 'cage-db'];
const canary = (): string => `c4n4ry${randomBytes(16).toString('hex')}`;
/** In the database and the volume; in a config var; planted, to see that the hunt finds. */
const [kept, configured, planted] = [canary(), canary(), canary()];
const SYSTEM_IMAGE = join(paths.storage, 'system.img');
const begun = Date.now();
let platform: Platform;
let project: string;

const onNode = (...argv: string[]) => platform.node.host.must(argv, { timeoutMs: 590_000 });
const lines = (said: string): string[] => said.split('\n').filter(Boolean);
const page = (path: string, ...options: string[]) =>
  platform.get(`https://${APP}.${DOMAIN}${path}`, ...options);

/** The word as it is, and as base64 writes it at each of the three places where it can begin. */
function forms(word: string): string[] {
  const encoded = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(word)]).toString('base64');
    // What hangs together with neighbours says nothing.
    return text.slice(before === 0 ? 0 : 4, -4);
  });
  return [word, ...encoded];
}
const patterns = (words: readonly string[]) => words.flatMap(forms).flatMap((form) => ['-e', form]);

/**
 * Names of files below the places that have one of the words in them. Raw images are looked at apart; `merged` is what
 * a container sees of layers that are looked at by themselves.
 */
async function files(words: readonly string[], places: readonly string[]): Promise<string[]> {
  const out = ['--devices=skip', '--exclude=*.img', '--exclude-dir=merged'];
  const argv = ['grep', '-rlaF', ...out, ...patterns(words), ...places];
  const ran = await platform.node.host.exec(argv, { timeoutMs: 590_000 });
  // A file that went away meanwhile is an error for grep, and none for us.
  return lines(ran.stdout);
}

/** How often one of the words is in a file as it lies on the disk, byte by byte; holes are skipped, so that size costs nothing. */
async function inImage(words: readonly string[], image: string): Promise<number> {
  const grep = `grep -caF ${patterns(words).join(' ')}`;
  const line = `tar --sparse --create --file=- --absolute-names ${image} | ${grep} || true`;
  return Number((await onNode('sh', '-c', line)).trim());
}

/** Everything on the machine's disks and in its memory file systems that is not an unlocked project, nor the stacks. */
const PLACES = [
  paths.storage,
  '/var/log',
  '/etc',
  '/run',
  '/tmp',
  '/root',
  '/var/lib/bastide-vault',
  '/dev/shm',
];
/** The engine with every layer, the registry, the platform's database, uploads and builds: unlocked, from within. */
const WITHIN = paths.platform;
/** What a container was started with is the engine's to remember: within the encrypted image, and in memory. */
const ENGINE = new RegExp(`^(${paths.engineRoot}|${paths.containerdRoot}|${paths.run}/(engine|containerd))/`);
const LAYERS = /\/(overlay2|snapshots|content|volumes|image)\//;

/** Processes that have the word in what everybody can read of them, but for the app's own. */
async function processes(word: string, file: 'cmdline' | 'environ'): Promise<string[]> {
  const script = `const { readdirSync, readFileSync } = require('fs');
const word = process.env.LOOK_FOR;
for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)) {
  try {
    const text = readFileSync('/proc/' + pid + '/${file}', 'latin1');
    const own = readFileSync('/proc/' + pid + '/environ', 'latin1').split('\\0').includes('BASTIDE_APP=${APP}');
    if (text.includes(word)) console.log((own ? 'app ' : '') + pid + ' ' + readFileSync('/proc/' + pid + '/comm', 'utf8').trim());
  } catch {}
}`;
  const node = platform.node.host;
  return lines(await node.must([process.execPath, '--eval', script], { env: { LOOK_FOR: word } }));
}

beforeAll(async () => {
  platform = await openPlatform();
  await ensureVault(platform);
  await makeHoard(
    platform,
    { project: PROJECT, app: APP, database: DATABASE, word: configured },
    { rows: 500, files: 10 },
  );
  expect(await page('/keep', '--data', kept)).toEqual({ status: 200, body: 'kept' });
  // Everything that could carry it anywhere: another release, its logs, a rotation, a backup, a proof of it.
  await platform.ok('deploy', platform.source(APP, hoard('two')), '--app', APP);
  await platform.ok('pg:credentials:rotate', DATABASE);
  await platform.ok('keys:rotate', '--project', PROJECT);
  await platform.ok('backups:run', PROJECT);
  await platform.ok('backups:platform');
  const [dump] = await platform.json<{ id: string; kind: string }[]>(
    ...['backups:list', PROJECT, '--source', DATABASE, '--kind', 'dump'],
  );
  await platform.ok('backups:verify', PROJECT, dump!.id);
  const mounts = lines(await onNode('ls', paths.projects)).filter((name) => name !== 'system');
  for (const name of mounts) {
    const volumes = join(paths.projects, name, 'data/volumes');
    if ((await platform.node.host.exec(['grep', '-rqaF', kept, volumes])).code === 0) project = name;
  }
  expect(project).toBeDefined();
  await onNode('sync');
}, 1_800_000);
afterAll(async () => platform?.[Symbol.asyncDispose]());

test('through the app, and in the unlocked project, all of it is there', async () => {
  const told = JSON.parse((await page('/told')).body) as Told;
  expect(told.word).toBe(configured);
  expect(Object.keys(told.files)).toContain(`kept/${kept}`);
  const unlocked = join(paths.projects, project, 'data');
  const where = await files([kept], [unlocked]);
  expect(where.some((file) => file.startsWith(join(unlocked, 'volumes')))).toBe(true);
  expect(where.some((file) => file.startsWith(join(unlocked, 'databases')))).toBe(true);
  console.log(`in the unlocked project: ${where.length} files`);
});

describe('the hunt', () => {
  test('finds nothing in the raw images of the project and of the platform', async () => {
    for (const image of [join(paths.storage, `${project}.img`), SYSTEM_IMAGE])
      expect([image, await inImage([kept, configured], image)]).toEqual([image, 0]);
  });

  test('finds nothing on the disks beside them, in logs, in the vault and in memory file systems', async () => {
    expect(await files([kept], PLACES)).toEqual([]);
    expect((await files([configured], PLACES)).filter((file) => !ENGINE.test(file))).toEqual([]);
    // The stacks are the machine's and as large as a system: what was written there since is looked at.
    const since = `find ${paths.cache} -type f -newermt @${Math.floor(begun / 1000)} -print0`;
    const grep = `xargs -0r grep -laF ${patterns([kept, configured]).join(' ')}`;
    expect(await onNode('sh', '-c', `${since} | ${grep} || true`)).toBe('');
  });

  test('finds no data in any layer, container, image, upload or row of the unlocked platform, and config in the engine alone', async () => {
    const seen = await files([kept, configured], [WITHIN]);
    console.log(`seen in the unlocked platform:\n${seen.join('\n')}`);
    expect(seen.filter((file) => !ENGINE.test(file) || LAYERS.test(file))).toEqual([]);
    if (seen.length > 0) expect(await files([kept], seen)).toEqual([]);
  });

  test('finds nothing in process lists and environments but in the app itself', async () => {
    for (const word of [kept, configured]) expect(await processes(word, 'cmdline')).toEqual([]);
    expect(await processes(kept, 'environ')).toEqual([]);
    const environ = await processes(configured, 'environ');
    expect(environ.filter((one) => !one.startsWith('app '))).toEqual([]);
    expect(environ.length).toBeGreaterThan(0);
  });

  test('finds nothing in swap', async () => {
    const swaps = lines(await onNode('cat', '/proc/swaps'))
      .slice(1)
      .map((line) => line.split(/\s+/)[0]!);
    console.log(swaps.length > 0 ? `swap: ${swaps.join(' ')}` : 'this machine has no swap');
    for (const swap of swaps)
      for (const word of [kept, configured])
        expect((await platform.node.host.exec(['grep', '-qaF', word, swap])).code, swap).toBe(1);
  });
});

describe('the same hunt', () => {
  test('finds the word on an unencrypted copy of the same data', async () => {
    const image = join(paths.storage, 'in-clear.img');
    const copy = [
      `truncate --size 2G ${image}`,
      `mkfs.ext4 -q ${image}`,
      'mkdir -p /mnt/in-clear',
      `mount -o loop ${image} /mnt/in-clear`,
      `cp -a ${join(paths.projects, project, 'data')}/. /mnt/in-clear/`,
      'umount /mnt/in-clear',
      'sync',
    ];
    await onNode('sh', '-c', copy.join(' && '));
    const found = await inImage([kept], image);
    await onNode('rm', image);
    console.log(`in the unencrypted copy: ${found} lines`);
    expect(found).toBeGreaterThan(0);
  });

  test.each([...PLACES, WITHIN])('finds what is planted in %s, as it is and encoded', async (place) => {
    const plants = {
      [join(place, 'planted-0')]: planted,
      [join(place, 'planted-1')]: Buffer.from(`{"word":"${planted}"}`).toString('base64'),
    };
    for (const [file, text] of Object.entries(plants)) platform.node.host.writeFile(file, text);
    const found = await files([planted], [place]);
    await onNode('rm', ...Object.keys(plants));
    expect(found.sort()).toEqual(Object.keys(plants));
  });

  test('finds what is planted in a process', async () => {
    const { host } = platform.node;
    const carriers = [
      host.spawn(['sleep', '300'], { env: { SECRET: planted } }),
      host.spawn(['sh', '-c', 'sleep 300; true', planted]),
    ];
    const seen = async (file: 'cmdline' | 'environ') => (await processes(planted, file)).join('\n');
    await expect.poll(() => seen('environ')).toContain('sleep');
    await expect.poll(() => seen('cmdline')).toContain('sh');
    for (const carrier of carriers) carrier.kill('SIGKILL');
  });
});
