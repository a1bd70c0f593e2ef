import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runner, runOrRefuse } from '../../adapters/exec/run.ts';
import { must } from '../../kernel/refusal.ts';

test('storage of a project, from its key to its end, on real images', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'volumes-'));
  const inside = join(import.meta.dirname, 'fixtures/inside.ts');
  const command = `mount --bind ${dir} /var/lib && exec ${process.execPath} ${inside}`;
  const ran = must(
    await runOrRefuse(runner, {
      argv: ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', command],
      cwd: join(import.meta.dirname, '../../..'),
    }),
  );
  expect(JSON.parse(ran.stdout)).toEqual({
    beforeStorage: 'storage_not_ready',
    ensured: ['done', 'done'],
    directory: 'done',
    directoryReady: true,
    owner: 100_070,
    heldLock: 'storage_busy',
    locked: 'done',
    readyWhenLocked: false,
    seenWhenLocked: [],
    canaryOnDisk: false,
    resized: 'done',
    afterResize: true,
    size: 2048,
    suspendedOpen: 'storage_locked',
    kept: [],
    readyWhenSuspended: false,
    keptAgain: [],
    readyAgain: true,
    removed: 'done',
    left: [],
    destroyed: 'done',
    images: [],
    mounts: false,
  });
  expect(must(await runOrRefuse(runner, { argv: ['losetup', '--all'] })).stdout).not.toContain(dir);
  await rm(dir, { recursive: true, force: true });
});
