import { chmod, chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { confined } from './confined.ts';
import { runner } from './run.ts';

const UID = 65_013;
let top: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'bastide-confined-'));
  await chmod(top, 0o700);
  await mkdir(join(top, 'deep/down'), { recursive: true });
  await chown(join(top, 'deep/down'), UID, UID);
});
afterAll(() => rm(top, { recursive: true, force: true }));

const as = (uid: number, ...argv: string[]) =>
  runner.run({
    argv: confined(
      {
        programs: ['setpriv', 'touch', 'ls'],
        reads: [],
        writes: [join(top, 'deep/down')],
        capabilities: ['CAP_SETUID', 'CAP_SETGID'],
      },
      ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--', ...argv],
    ),
    timeoutMs: 20_000,
  });

test('another user than root gets to what it may write, however closed the way is outside, and to nothing else', async () => {
  const written = must(await as(UID, 'touch', join(top, 'deep/down/file')));
  expect(written.code, written.stderr).toBe(0);
  expect(await readFile(join(top, 'deep/down/file'), 'utf8')).toBe('');
  expect(must(await as(UID, 'ls', '/')).stdout.split('\n')).not.toContain('proc');
  expect(must(await as(UID, 'ls', '/etc/shadow')).code).not.toBe(0);
  expect(must(await as(UID, 'touch', join(top, 'deep/beside'))).code).not.toBe(0);
});
