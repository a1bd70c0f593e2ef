import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { judge } from '../../../controls/data/canary-hunt/judge.ts';
import { runner, runOrRefuse } from '../../adapters/exec/run.ts';
import { makeEncryptedImages } from '../../adapters/fscrypt/images.ts';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { searchFor } from './search.ts';

/**
 * The hunt on raw images: an encrypted tree, and beside it on the same file system a plain one. What is written into the
 * first is found through the key only; what is written into the second is found on the disk, and the judge says so.
 */
const MIB = 1024 * 1024;
const images = makeEncryptedImages(runner);
const never = new AbortController().signal;
let dir: string;
let place: { image: string; mount: string };
let keyId: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-hunt-'));
  place = { image: join(dir, 'project.img'), mount: join(dir, 'mounts', 'project') };
  must(await images.create(place, 64 * MIB));
  ({ keyId } = must(await images.open(place, new Secret(randomBytes(64).toString('base64')))));
});
afterAll(async () => {
  await images.destroy(place, keyId);
  await images.leave(join(dir, 'mounts'));
  await rm(dir, { recursive: true, force: true });
});

function canary() {
  const text = randomBytes(16).toString('hex');
  const mask = randomBytes(32);
  const masked = Buffer.from(Buffer.from(text).map((byte, i) => byte ^ mask[i]!)).toString('hex');
  return { text, token: { mask: mask.toString('hex'), masked } };
}

async function write(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w');
  await handle.writeFile(`row ${text} row\n`.repeat(20));
  await handle.sync();
  await handle.close();
  must(await runOrRefuse(runner, { argv: ['sync', '-f', place.mount] }));
}

/** The world of the control, with the places that there are here. */
async function hunt(token: { mask: string; masked: string }) {
  const places = await searchFor(
    token,
    [
      { place: 'unlocked', paths: [place.mount] },
      { place: 'project-image', paths: [place.image] },
      { place: 'engine', paths: [process.execPath] },
      { place: 'processes', paths: [`/proc/${process.pid}/cmdline`, `/proc/${process.pid}/environ`] },
    ],
    never,
  );
  const yes = { database: true, volume: true };
  return { places, judged: judge({ kept: yes, found: yes, places }) };
}

it('finds what was stored encrypted through the key, and not on the disk', async () => {
  const { text, token } = canary();
  await write(join(place.mount, 'data', 'file'), text);
  const { places, judged } = await hunt(token);
  expect(places.find(({ place: name }) => name === 'unlocked')!.hits).toBe(20);
  expect(places.find(({ place: name }) => name === 'project-image')).toMatchObject({
    hits: 0,
    unread: null,
    bytes: (await stat(place.image)).size,
  });
  expect(judged, judged.reason).toMatchObject({ verdict: 'held' });
});

it('finds what was stored beside it in clear on the disk, and says that it is broken', async () => {
  const { text, token } = canary();
  await write(join(place.mount, 'plain'), text);
  const { judged } = await hunt(token);
  expect(judged).toMatchObject({ verdict: 'broken' });
  expect(judged.reason).toContain('project-image');
});

it('goes past a device that is named below a place: what it holds lies elsewhere', async () => {
  const below = join(dir, 'engine');
  must(await runOrRefuse(runner, { argv: ['mkdir', below] }));
  // The major number 0 is nobody's: whoever opens it is refused.
  must(await runOrRefuse(runner, { argv: ['mknod', join(below, 'backingFsBlockDev'), 'b', '0', '99'] }));
  const { token } = canary();
  expect(await searchFor(token, [{ place: 'engine', paths: [below] }], never)).toEqual([
    { place: 'engine', bytes: 0, hits: 0, unread: null },
  ]);
});
