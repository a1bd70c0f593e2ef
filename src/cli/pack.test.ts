import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isRefusal, must } from '../kernel/refusal.ts';
import { packDirectory } from './pack.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-pack-'));
  for (const sub of ['.git', 'src', 'node_modules/x']) await mkdir(join(dir, sub), { recursive: true });
  const files = {
    '.git/config': 'secret',
    '.env': 'secret',
    'src/.env.local': 'secret',
    'node_modules/x/i.js': 'x',
    '.gitignore': 'node_modules/\n',
    '.bastideignore': '*.md\n',
    'README.md': '#',
    'src/a.js': 'a'.repeat(100_000),
    empty: '',
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(dir, path), text);
  await chmod(join(dir, 'src/a.js'), 0o770);
  await symlink('src/a.js', join(dir, 'link'));
});
afterAll(() => rm(dir, { recursive: true }));

const unpack = async (archive: Buffer) => {
  const found: Record<string, string> = {};
  const tar = extract();
  tar.on('entry', (header, stream, next) => {
    found[header.name] =
      `${header.type} ${header.mode?.toString(8)} ${header.size}${header.linkname ? ` ${header.linkname}` : ''}`;
    stream.on('end', next).resume();
  });
  const zip = createGunzip();
  zip.pipe(tar);
  zip.end(archive);
  await new Promise<void>((resolve) => tar.on('finish', () => resolve()));
  return found;
};

test('sends what is not ignored, and never history or secrets', async () => {
  const packed = must(await packDirectory(dir));
  expect(await unpack(await buffer(packed.stream))).toEqual({
    '.bastideignore': 'file 644 5',
    '.gitignore': 'file 644 14',
    empty: 'file 644 0',
    link: 'symlink 644 0 src/a.js',
    'src/a.js': 'file 755 100000',
  });
  expect(packed.files).toBe(5);
});

test('the same directory gives the same bytes', async () => {
  const [a, b] = await Promise.all([1, 2].map(async () => buffer(must(await packDirectory(dir)).stream)));
  expect(a!.equals(b!)).toBe(true);
});

test('what is no directory is refused', async () => {
  const refused = await packDirectory(join(dir, 'nothing'));
  expect(isRefusal(refused) && refused.code).toBe('cli_directory_unreadable');
});
