import { randomBytes } from 'node:crypto';
import { link, mkdir, mkdtemp, open, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryRootKeys } from '../../../adapters/envelope/memory.ts';
import { runner, runOrRefuse } from '../../../adapters/exec/run.ts';
import { makeEncryptedImages } from '../../../adapters/fscrypt/images.ts';
import { isRefusal, must } from '../../../kernel/refusal.ts';
import { bringUpStorage, type PlatformStorage, SYSTEM, tearDownStorage } from './storage.ts';
import { carryingStorageKey } from './storage-key.ts';

const images = makeEncryptedImages(runner);
const code = (outcome: unknown) => (isRefusal(outcome) ? outcome.code : outcome);

let dir = '';
let stops = 0;
let storage: PlatformStorage;
let directories: { storage: string; mounts: string };
const data = (...names: string[]) => join(storage.place.mount, 'data', ...names);
const down = () => tearDownStorage(images, directories);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'platform-storage-'));
  directories = { storage: join(dir, 'storage'), mounts: join(dir, 'projects') };
  stops = 0;
  storage = {
    images,
    run: runner,
    roots: memoryRootKeys(),
    place: { image: join(directories.storage, `${SYSTEM}.img`), mount: join(directories.mounts, SYSTEM) },
    keyFile: join(dir, 'secrets', 'storage.key'),
    plain: dir,
    encryption: 'required',
    sizeBytes: 64 * 1024 * 1024,
    stopUsers: async () => {
      stops += 1;
      return undefined;
    },
    log: () => undefined,
  };
  await mkdir(join(dir, 'secrets'));
});
afterEach(async () => {
  must(await down());
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(dir);
  expect(must(await runOrRefuse(runner, { argv: ['losetup', '--all'] })).stdout).not.toContain(dir);
  await rm(dir, { recursive: true, force: true });
});

async function keep(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  await file.writeFile(text);
  await file.sync();
  await file.close();
}

describe("the platform's storage", () => {
  test('comes up, stays as it is, goes down, and comes up with what was in it', async () => {
    must(await bringUpStorage(storage));
    await keep(data('kept'), 'content');
    must(await bringUpStorage(storage));
    must(await down());
    expect(await readdir(storage.place.mount)).toEqual([]);
    must(await bringUpStorage(storage));
    expect(await readFile(data('kept'), 'utf8')).toBe('content');
    expect((await stat(storage.keyFile)).mode & 0o777).toBe(0o600);
    expect(stops).toBe(0);
  });

  test('grows with the disk at the next start', async () => {
    must(await bringUpStorage(storage));
    await keep(data('kept'), 'content');
    must(await down());
    must(await bringUpStorage({ ...storage, sizeBytes: 128 * 1024 * 1024 }));
    expect((await statfs(storage.place.mount)).blocks * 4096).toBeGreaterThan(100 * 1024 * 1024);
    expect(await readFile(data('kept'), 'utf8')).toBe('content');
  });

  test('is not made anew where only its key is gone', async () => {
    must(await bringUpStorage(storage));
    must(await down());
    const kept = await readFile(storage.keyFile, 'utf8');
    await rm(storage.keyFile);
    expect(code(await bringUpStorage(storage))).toBe('storage_key_missing');
    await writeFile(storage.keyFile, kept);
    must(await bringUpStorage(storage));
  });

  test('opens under a new root key, after the old one was destroyed', async () => {
    const roots = carryingStorageKey(storage.roots, storage.keyFile);
    must(await bringUpStorage({ ...storage, roots }));
    const [old] = must(await roots.ids());
    must(await roots.add());
    must(await roots.destroy(old!));
    must(await down());
    must(await bringUpStorage({ ...storage, roots }));
  });

  test('does not open with another root key', async () => {
    must(await bringUpStorage(storage));
    must(await down());
    expect(code(await bringUpStorage({ ...storage, roots: memoryRootKeys() }))).toBe('root_key_missing');
  });

  test('off is a directory, said in the settings; on again it is moved in', async () => {
    must(await bringUpStorage({ ...storage, encryption: 'off' }));
    await mkdir(data('postgres'));
    await keep(data('postgres', 'kept'), 'content');
    must(await bringUpStorage(storage));
    expect(await readFile(data('postgres', 'kept'), 'utf8')).toBe('content');
    expect((await readdir(dir)).sort()).toEqual(['plain-state', 'projects', 'secrets', 'storage']);
    expect(await readdir(join(dir, 'plain-state'))).toEqual([]);
  });
});

describe('state from before', () => {
  const canary = randomBytes(24).toString('hex');

  async function plainEngine(): Promise<void> {
    await mkdir(join(dir, 'engine', 'layer'), { recursive: true, mode: 0o711 });
    await keep(join(dir, 'engine', 'layer', 'secret'), canary.repeat(50));
    await link(join(dir, 'engine', 'layer', 'secret'), join(dir, 'engine', 'same'));
    must(
      await runOrRefuse(runner, {
        argv: ['chown', '100070:100070', join(dir, 'engine', 'layer', 'secret')],
      }),
    );
  }

  test('is moved in whole, with owners and links, after its users were stopped; nothing stays in clear', async () => {
    await plainEngine();
    must(await bringUpStorage(storage));
    expect(stops).toBe(1);
    expect(await readdir(dir)).not.toContain('engine');
    const [one, same] = [await stat(data('engine', 'layer', 'secret')), await stat(data('engine', 'same'))];
    expect(one).toMatchObject({ ino: same.ino, uid: 100_070 });
    must(await runOrRefuse(runner, { argv: ['sync', '-f', storage.place.mount] }));
    expect(await readFile(data('engine', 'same'), 'utf8')).toContain(canary);
    expect((await readFile(storage.place.image)).includes(canary)).toBe(false);
  });

  test('that was half moved when something ended the move is moved from the start', async () => {
    await plainEngine();
    must(await bringUpStorage({ ...storage, plain: join(dir, 'nowhere') }));
    await mkdir(data('engine.moving', 'half'), { recursive: true });
    must(await bringUpStorage(storage));
    expect(await readdir(data('engine'))).toEqual(['layer', 'same']);
    expect(await readdir(data())).toEqual(['engine']);
  });
});
