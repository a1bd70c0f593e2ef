import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkBundle, keyId } from '../contract/evidence.ts';
import { signNext } from './sign.ts';
import { openState } from './state.ts';

const control = { id: 'data/x', claims: ['DAT-1'] as const, sentence: 'Nothing happens.' };
const times = { startedAt: new Date(0), finishedAt: new Date(1) };

async function directory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'bastide-prober-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

it('goes on with its chain after a restart', async () => {
  const dir = await directory();
  const entries = [];
  for (let i = 0; i < 3; i += 1) {
    const store = await openState(dir);
    const { entry, seq, prev } = signNext(
      store.get(),
      control,
      { verdict: 'held', reason: 'x', world: i },
      times,
    );
    await store.set({ seq, prev });
    entries.push(entry);
  }
  const { publicKey } = (await openState(dir)).get();
  const bundle = {
    format: 'bastide-evidence-bundle/1' as const,
    exportedAt: new Date(0).toISOString(),
    probers: [{ id: keyId(publicKey), position: 'inside', publicKey, entries }],
  };
  expect(checkBundle(bundle)).toEqual({ entries: 3, faults: [] });
});

it('keeps its key for itself, and does not replace one that it cannot read', async () => {
  const dir = await directory();
  await openState(dir);
  const file = join(dir, 'prober.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(file, '{"half": ');
  await expect(openState(dir)).rejects.toThrow();
  expect(await readFile(file, 'utf8')).toBe('{"half": ');
});

it('does not keep a world that is too large, and still signs what came of it', async () => {
  const state = (await openState(await directory())).get();
  const { entry } = signNext(
    state,
    control,
    { verdict: 'broken', reason: 'x', world: 'y'.repeat(300_000) },
    times,
  );
  expect(entry.record.length).toBeLessThan(2000);
});
