import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { must } from '../../../kernel/refusal.ts';
import { askToRecover, takeOver } from './recovery-files.ts';

const me = process.getuid?.() ?? 0;
let top: string;
const at = (...parts: string[]) => join(top, ...parts);
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'bastide-recovery-'));
  for (const one of ['main', 'staging/spool/wal', 'wal']) await mkdir(at(one), { recursive: true });
  await writeFile(at('victim'), 'of the host');
});
afterEach(() => rm(top, { recursive: true }));

test('a physical copy is told to recover after what it says already', async () => {
  await writeFile(at('main/postgresql.auto.conf'), "work_mem = '8MB'");
  must(await askToRecover(at('main'), me, new Date('2026-11-22T12:00:00Z')));
  const settings = await readFile(at('main/postgresql.auto.conf'), 'utf8');
  expect(settings).toMatch(/^work_mem = '8MB'\n[\s\S]*recovery_target_time = '2026-11-22 12:00:00.000\+00'/);
  expect((await lstat(at('main/recovery.signal'))).mode & 0o777).toBe(0o600);
});

test('links in a physical copy lead to no file of the host', async () => {
  for (const name of ['postgresql.auto.conf', 'postgresql.auto.conf.new', 'recovery.signal'])
    await symlink(at('victim'), at('main', name));
  must(await askToRecover(at('main'), me, null));
  expect(await readFile(at('victim'), 'utf8')).toBe('of the host');
  expect(await readFile(at('main/postgresql.auto.conf'), 'utf8')).toMatch(/^\narchive_mode/);
  expect((await lstat(at('main/recovery.signal'))).isFile()).toBe(true);
  await symlink(at('main'), at('linked'));
  expect(await askToRecover(at('linked'), me, null)).toMatchObject({ code: 'backup_moment_not_reached' });
});

test('of write-ahead log that came back, plain files are taken and nothing else', async () => {
  await writeFile(at('staging/spool/wal/1'), 'log');
  await symlink(at('victim'), at('staging/spool/wal/2'));
  await mkdir(at('staging/spool/wal/3'));
  await takeOver({ root: at('staging'), path: 'spool/wal' }, at('wal'), me);
  expect(await readdir(at('wal'))).toEqual(['1']);
  await writeFile(at('staging/spool/wal/4'), 'log');
  await symlink('spool', at('staging/link'));
  await takeOver({ root: at('staging'), path: 'link/wal' }, at('wal'), me);
  expect(await readdir(at('wal'))).toEqual(['1']);
});
