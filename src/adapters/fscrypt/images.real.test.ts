import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { sleep } from '../../kernel/time.ts';
import { runner, runOrRefuse } from '../exec/run.ts';
import { firstDifference } from './compare.ts';
import { imagesConformance } from './conformance.ts';
import { makeEncryptedImages } from './images.ts';
import type { Place } from './port.ts';

const MIB = 1024 * 1024;
/** "Required key not available", as Node counts. */
const ENOKEY = -126;
const images = makeEncryptedImages(runner);
const newKey = () => new Secret(randomBytes(64).toString('base64'));
let dir = '';
const place = (name: string): Place => ({
  image: join(dir, `${name}.img`),
  mount: join(dir, 'mounts', name),
});
const run = async (...argv: [string, ...string[]]) => must(await runOrRefuse(runner, { argv })).stdout;
const code = (outcome: unknown) => (isRefusal(outcome) ? outcome.code : outcome);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fscrypt-'));
});
afterAll(async () => {
  for (const name of await readdir(join(dir, 'mounts')).catch(() => [])) await images.close(place(name));
  await images.leave(join(dir, 'mounts'));
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const loops = await run('losetup', '--all');
  await rm(dir, { recursive: true, force: true });
  expect(mounts).not.toContain(dir);
  expect(loops).not.toContain(dir);
});

imagesConformance('the kernel', async () => ({
  images,
  place,
  async hold(at) {
    const file = await open(join(at.mount, 'data', 'held'), 'w');
    return () => file.close();
  },
}));

async function opened(name: string, bytes = 64 * MIB) {
  const at = place(name);
  must(await images.create(at, bytes));
  const key = newKey();
  const { keyId } = must(await images.open(at, key));
  return { at, key, keyId, data: join(at.mount, 'data') };
}

async function writeThrough(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w');
  await handle.writeFile(text);
  await handle.sync();
  await handle.close();
}

describe('another key', () => {
  it('keeps everything as it was, and the old key opens nothing of it', async () => {
    const { at, key, keyId, data } = await opened('whole');
    const next = place('whole-next');
    const text = randomBytes(24).toString('hex');
    await writeThrough(join(data, 'file'), text.repeat(50_000));
    await run('ln', '--', join(data, 'file'), join(data, 'linked'));
    await run('ln', '-s', '--', '/etc/passwd', join(data, 'pointer'));
    await run('mkdir', '-m', '0700', '--', join(data, 'private'));
    await run('mkfifo', '--', join(data, 'private', 'pipe'));
    await run('truncate', '-s', '8M', '--', join(data, 'private', 'hole'));
    await run('chown', '-hR', '100070:100070', join(data, 'private'));
    await run('setfattr', '-n', 'user.note', '-v', 'kept', join(data, 'file')).catch(() => undefined);
    const seen = () => run('find', data, '-mindepth', '1', '-printf', '%P %y %m %U:%G %n %s %b %T@ %l\\n');
    const before = (await seen()).split('\n').sort();
    const other = newKey();
    const copied = must(await images.copy(at, next, other, new AbortController().signal));
    must(await images.close(at, keyId));
    // Neither text nor name is in the new image in clear.
    expect((await readFile(next.image)).includes(text)).toBe(false);
    must(await images.replace(at, next));
    expect(code(await images.open(at, key, keyId))).toBe('storage_wrong_key');
    must(await images.open(at, other, copied.keyId));
    expect((await seen()).split('\n').sort()).toEqual(before);
    expect(await readFile(join(data, 'file'), 'utf8')).toBe(text.repeat(50_000));
    must(await images.destroy(at, copied.keyId));
  });

  it('begins anew where an attempt was killed half-way, with both images still open', async () => {
    const { at, key, keyId, data } = await opened('killed');
    await writeThrough(join(data, 'file'), 'whole');
    must(await images.close(at, keyId));
    const read = { image: at.image, mount: `${at.mount}.old` };
    must(await images.open(read, key, keyId));
    const { at: next, data: half } = await opened('killed-next');
    await writeThrough(join(half, 'file'), 'wh');
    await writeThrough(join(half, 'more'), 'left over');
    const other = newKey();
    const copied = must(await images.copy(read, next, other, new AbortController().signal));
    must(await images.close(read, keyId));
    must(await images.replace(at, next));
    must(await images.open(at, other, copied.keyId));
    expect(await readdir(data)).toEqual(['file']);
    expect(await readFile(join(data, 'file'), 'utf8')).toBe('whole');
    must(await images.destroy(at, copied.keyId));
  });

  it('is not used where the copy differs in a byte, a right or a name', async () => {
    const one = join(dir, 'one');
    const other = join(dir, 'other');
    const { signal } = new AbortController();
    await run('mkdir', '-p', '--', join(one, 'a'));
    await writeFile(join(one, 'a', 'file'), 'x'.repeat(3_000_000));
    await run('cp', '-a', '--', one, other);
    expect(await firstDifference(one, other, signal)).toBeUndefined();
    const times = ['-r', join(one, 'a', 'file'), '--', join(other, 'a', 'file')] as const;
    await writeFile(join(other, 'a', 'file'), `${'x'.repeat(2_999_999)}y`);
    await run('touch', ...times);
    expect(await firstDifference(one, other, signal)).toBe('a/file');
    await run('cp', '-a', '--', join(one, 'a', 'file'), join(other, 'a', 'file'));
    await run('chmod', '0600', '--', join(other, 'a', 'file'));
    expect(await firstDifference(one, other, signal)).toBe('a/file');
    await run('mv', '--', join(other, 'a', 'file'), join(other, 'a', 'else'));
    expect(await firstDifference(one, other, signal)).toBe('a');
  });
});

describe('what is on the disk', () => {
  it('has nothing of what was written through the encrypted directory, and all of what was written beside it', async () => {
    const { at, keyId, data } = await opened('canary');
    const [secret, plain] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
    await writeThrough(join(data, `name-${secret}`), secret.repeat(1000));
    await writeThrough(join(at.mount, `name-${plain}`), plain.repeat(1000));
    await run('sync', '-f', at.mount);
    const raw = await readFile(at.image);
    expect(await readFile(join(data, `name-${secret}`), 'utf8')).toContain(secret);
    expect(raw.includes(secret)).toBe(false);
    // The same hunt finds what is not encrypted: contents and names.
    expect(raw.includes(plain)).toBe(true);
    expect(raw.includes(`name-${plain}`)).toBe(true);
    must(await images.destroy(at, keyId));
  });

  it('is unreadable while it is locked: names and content', async () => {
    const { at, keyId, key, data } = await opened('locked');
    await writeThrough(join(data, 'shown'), 'content');
    must(await images.lock(at, keyId));
    expect(await readdir(data)).not.toContain('shown');
    await expect(writeFile(join(data, 'new'), '')).rejects.toMatchObject({ errno: ENOKEY });
    must(await images.open(at, key, keyId));
    expect(await readFile(join(data, 'shown'), 'utf8')).toBe('content');
    must(await images.destroy(at, keyId));
  });

  it('is no larger than the image, and takes no more room than what is in it', async () => {
    const { at, keyId, data } = await opened('limit', 32 * MIB);
    expect((await stat(at.image)).blocks * 512).toBeLessThan(16 * MIB);
    await expect(writeFile(join(data, 'big'), Buffer.alloc(40 * MIB, 1))).rejects.toMatchObject({
      code: 'ENOSPC',
    });
    must(await images.destroy(at, keyId));
  });

  it('survives a device that was never let go: no second one is made', async () => {
    const { at, keyId, key } = await opened('crashed');
    must(await images.close(at, keyId));
    await run('losetup', '--find', at.image);
    must(await images.open(at, key, keyId));
    expect(must(await images.facts(at)).devices).toHaveLength(1);
    must(await images.destroy(at, keyId));
  });
});

describe('copies of the mount namespace', () => {
  /** A process that has copied the mounts, with the propagation. */
  async function copied(propagation: 'slave' | 'private') {
    const held = runner.start({
      argv: ['unshare', '--mount', '--propagation', propagation, 'sleep', '60'],
      timeoutMs: 70_000,
    });
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await readFile(`/proc/${held.pid}/comm`, 'utf8').catch(() => '')).trim() === 'sleep') break;
      await sleep(20);
    }
    return async () => {
      held.kill();
      await held.done;
    };
  }

  it('that follow ours let go with us', async () => {
    const { at, keyId } = await opened('slave');
    const end = await copied('slave');
    expect(code(await images.close(at, keyId))).toBeUndefined();
    await end();
    must(await images.destroy(at, keyId));
  });

  it('that do not keep it: it is locked, said so, and not attached a second time', async () => {
    const { at, keyId, key } = await opened('pinned');
    const end = await copied('private');
    expect(code(await images.close(at, keyId))).toBe('storage_attached_elsewhere');
    expect(code(await images.open(at, key, keyId))).toBe('storage_attached_elsewhere');
    await end();
    must(await images.open(at, key, keyId));
    must(await images.destroy(at, keyId));
  });
});

describe('the trial of this machine', () => {
  it('says what encrypts, and leaves nothing', async () => {
    const before = await readdir(dir);
    const support = must(await images.support(dir));
    expect(support.driver).toMatch(/aes/);
    expect(await readdir(dir)).toEqual(before);
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain('.trial-');
  });

  it('is refused where there are no such commands', async () => {
    const broken = makeEncryptedImages({
      run: (command, onLine) =>
        command.argv[0] === 'xfs_io'
          ? Promise.resolve({ code: 0, stdout: '', stderr: 'not supported', ms: 0 })
          : runner.run(command, onLine),
    });
    expect(code(await broken.support(dir))).toBe('storage_unsupported');
  });
});
