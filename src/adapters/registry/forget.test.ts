import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forgetRepository, repositoryExists } from './forget.ts';

const digest = (letter: string) => letter.repeat(64);

test('a repository goes with its blobs; what another one links stays', async () => {
  const data = await mkdtemp(join(tmpdir(), 'bastide-registry-'));
  const root = join(data, 'docker/registry/v2');
  const link = async (repository: string, kind: string, letter: string) => {
    const dir = join(root, 'repositories', repository, kind, 'sha256', digest(letter));
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'link'), `sha256:${digest(letter)}`);
    const blob = join(root, 'blobs/sha256', letter.repeat(2), digest(letter));
    await mkdir(blob, { recursive: true });
    await writeFile(join(blob, 'data'), letter);
  };
  await link('apps/mine', '_layers', 'a');
  await link('apps/mine', '_layers', 'c');
  await link('apps/mine', '_manifests/revisions', 'b');
  await link('stacks/node', '_layers', 'c');

  expect(await repositoryExists(data, 'apps/mine')).toBe(true);
  expect(await forgetRepository(data, 'apps/mine')).toBe(2);
  expect(await repositoryExists(data, 'apps/mine')).toBe(false);
  expect(
    (await readdir(join(root, 'blobs/sha256'), { recursive: true })).filter((n) => n.endsWith('data')),
  ).toEqual([`cc/${digest('c')}/data`]);
  expect(await forgetRepository(data, 'apps/mine')).toBe(0);
  await expect(forgetRepository(data, '../../etc')).rejects.toThrow(RangeError);
  await rm(data, { recursive: true });
});
