import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runner, runOrRefuse } from '../../adapters/exec/run.ts';
import { must } from '../../kernel/refusal.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'links-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('neither backup nor restore is led out of a volume by what its app puts there', async () => {
  const inside = join(import.meta.dirname, 'fixtures/links.ts');
  const command = `mount --bind ${dir} /var/lib && exec ${process.execPath} ${inside}`;
  const ran = must(
    await runOrRefuse(runner, {
      // Whatever it started ends with it.
      argv: [
        ...(['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const),
        ...['sh', '-c', command],
      ],
      cwd: join(import.meta.dirname, '../../..'),
      timeoutMs: 900_000,
    }),
  );
  const said = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '');
  // What is in motion may be read, or not: it is told, and nothing of the host is in it.
  for (const one of said.raced) expect(['done', 'restic_source_unreadable']).toContain(one);
  expect(said).toEqual({
    taken: 'done',
    path: 'done',
    letters: ['letters', 'of now'],
    whole: 'done',
    now: [['a', 'link'], 'of then'],
    owners: [true, true],
    globbed: 'restic_path_missing',
    toVolume: 'done, backup_path_blocked',
    two: [true, ['theirs']],
    toConfig: 'done, backup_path_blocked',
    config: [],
    toHost: 'done, backup_path_blocked',
    host: ['canary'],
    raced: said.raced,
    canaries: 0,
    linked: ['backup_source_linked', 'backup_source_gone'],
    left: [['theirs'], []],
  });
}, 900_000);
