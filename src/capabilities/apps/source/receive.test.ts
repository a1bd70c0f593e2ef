import { lstat, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRefusal, must } from '../../../kernel/refusal.ts';
import { receiveArchive } from './receive.ts';

let top: string;
let dir: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'bastide-source-'));
  dir = await mkdtemp(join(top, 'in-'));
});
afterEach(() => rm(top, { recursive: true, force: true }));

type Given = Partial<Header> & { name: string; text?: string };

async function tarOf(entries: readonly Given[]): Promise<Buffer> {
  const tar = pack();
  for (const { text, ...header } of entries) tar.entry(header as Header, text ?? '');
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

const limits = { entries: 100, bytes: 1024 ** 2, ratio: 100 };
const receive = async (entries: readonly Given[]) =>
  receiveArchive(Readable.from([gzipSync(await tarOf(entries))]), dir, limits);
const code = async (entries: readonly Given[]) => {
  const got = await receive(entries);
  return isRefusal(got) ? got.code : got;
};

test('files, directories and links within arrive', async () => {
  const got = must(
    await receive([
      { name: './', type: 'directory' },
      { name: './a/b/c.txt', text: 'hello' },
      { name: './run.sh', text: '#!', mode: 0o755 },
      { name: 'a/link', type: 'symlink', linkname: '../run.sh' },
    ]),
  );
  expect(got).toEqual({ files: 2, bytes: 7 });
  expect(await readFile(join(dir, 'a/b/c.txt'), 'utf8')).toBe('hello');
  expect(await readlink(join(dir, 'a/link'))).toBe('../run.sh');
  expect((await stat(join(dir, 'run.sh'))).mode & 0o7777).toBe(0o755);
  expect((await stat(join(dir, 'a/b/c.txt'))).mode & 0o7777).toBe(0o644);
});

test('a plain tar is taken too, byte by byte as it comes', async () => {
  const bytes = await tarOf([{ name: 'a', text: 'x' }]);
  const got = await receiveArchive(Readable.from([...bytes].map((byte) => Buffer.from([byte]))), dir, limits);
  expect(got).toEqual({ files: 1, bytes: 1 });
});

test('set-uid, set-gid and sticky bits are taken off', async () => {
  must(await receive([{ name: 'su', text: 'x', mode: 0o7777 }]));
  expect((await lstat(join(dir, 'su'))).mode & 0o7777).toBe(0o755);
});

describe('hostile archives are refused, and nothing is written outside', () => {
  test.each<[string, string, Given[]]>([
    ['absolute path', 'source_archive_path', [{ name: '/etc/cron.d/x', text: 'x' }]],
    ['dot dot', 'source_archive_path', [{ name: 'a/../../x', text: 'x' }]],
    ['dot dot at the end', 'source_archive_path', [{ name: 'a/..', type: 'directory' }]],
    ['backslash', 'source_archive_path', [{ name: '..\\x', text: 'x' }]],
    ['newline in a name', 'source_archive_path', [{ name: 'a\nb', text: 'x' }]],
    ['name too long', 'source_archive_path', [{ name: 'x/'.repeat(600), text: 'x' }]],
    ['too deep', 'source_archive_path', [{ name: `${'d/'.repeat(70)}x`, text: 'x' }]],
    ['link to an absolute path', 'source_archive_link', [{ name: 'l', type: 'symlink', linkname: '/etc' }]],
    ['link out', 'source_archive_link', [{ name: 'a/l', type: 'symlink', linkname: '../../etc' }]],
    [
      'link that climbs after a name',
      'source_archive_link',
      [{ name: 'a/b/l', type: 'symlink', linkname: 'x/../../y' }],
    ],
    [
      'file through a link (CVE-2026-45405)',
      'source_archive_path',
      [
        { name: 'sub/deep', type: 'directory' },
        { name: 'l', type: 'symlink', linkname: 'sub' },
        { name: 'l/x', text: 'x' },
      ],
    ],
    [
      'file in place of a link',
      'source_archive_duplicate',
      [
        { name: 'l', type: 'symlink', linkname: 'x' },
        { name: 'l', text: 'x' },
      ],
    ],
    [
      'link in place of a directory',
      'source_archive_duplicate',
      [
        { name: 'd/x', text: 'x' },
        { name: 'd', type: 'symlink', linkname: '.' },
      ],
    ],
    ['hard link', 'source_archive_type', [{ name: 'h', type: 'link', linkname: 'x' }]],
    [
      'character device',
      'source_archive_type',
      [{ name: 'c', type: 'character-device', devmajor: 1, devminor: 3 }],
    ],
    ['block device', 'source_archive_type', [{ name: 'b', type: 'block-device', devmajor: 8 }]],
    ['fifo', 'source_archive_type', [{ name: 'f', type: 'fifo' }]],
    [
      'the same name twice',
      'source_archive_duplicate',
      [
        { name: 'a', text: '1' },
        { name: './a', text: '2' },
      ],
    ],
    [
      'two spellings of a file that is read',
      'source_archive_duplicate',
      [
        { name: 'Procfile', text: 'web: a' },
        { name: 'PROCFILE', text: 'web: b' },
      ],
    ],
    [
      'too many entries',
      'source_archive_entries',
      Array.from({ length: 101 }, (_, n) => ({ name: `f${n}` })),
    ],
    ['too large', 'source_archive_too_big', [{ name: 'big', text: 'x'.repeat(1024 ** 2 + 1) }]],
    ['nothing in it', 'source_archive_empty', [{ name: 'd', type: 'directory' }]],
  ])('%s', async (_name, wanted, entries) => {
    expect(await code(entries)).toBe(wanted);
    expect(await readdir(top)).toHaveLength(1);
  });

  test('a bomb is stopped while it grows', async () => {
    const bomb = gzipSync(await tarOf([{ name: 'zeros', text: '\0'.repeat(48 * 1024 ** 2) }]));
    const got = await receiveArchive(Readable.from([bomb]), dir, { ...limits, bytes: 1024 ** 3 });
    expect(isRefusal(got) && got.code).toBe('source_archive_bomb');
  });

  test.each([
    ['no archive at all', Buffer.from('<html>not an archive</html>'.repeat(60))],
    ['a gzip that ends early', gzipSync(Buffer.alloc(100_000)).subarray(0, 60)],
    ['nothing', Buffer.alloc(0)],
  ])('%s', async (_name, bytes) => {
    const got = await receiveArchive(Readable.from([bytes]), dir, limits);
    expect(isRefusal(got) && got.code).toMatch(/^source_archive_(corrupt|empty)$/);
  });
});
