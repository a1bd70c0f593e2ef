import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { searchFor } from './search.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-search-'));
});
afterAll(() => rm(dir, { recursive: true }));

const CHUNK = 4 * 1024 * 1024;
const text = randomBytes(16).toString('hex');
const mask = randomBytes(32);
const token = {
  mask: mask.toString('hex'),
  masked: Buffer.from(Buffer.from(text).map((byte, i) => byte ^ mask[i]!)).toString('hex'),
};
const never = new AbortController().signal;

async function hitsIn(...contents: (string | Buffer)[]): Promise<number> {
  const paths = await Promise.all(
    contents.map(async (content, i) => {
      const path = join(dir, `file-${i}-${randomBytes(4).toString('hex')}`);
      await writeFile(path, content);
      return path;
    }),
  );
  const [place] = await searchFor(token, [{ place: 'here', paths }], never);
  expect(place!.unread).toBeNull();
  return place!.hits;
}

it('finds nothing where nothing is', async () => {
  expect(await hitsIn('', 'hello', randomBytes(100_000), Buffer.alloc(2 * CHUNK))).toBe(0);
});

it('counts the text wherever it begins: at the first byte, at the last, and across two pieces', async () => {
  expect(await hitsIn(text)).toBe(1);
  expect(await hitsIn(Buffer.concat([Buffer.alloc(3 * CHUNK), Buffer.from(text)]))).toBe(1);
  for (const before of [1, 16, 31, 32, 33, 64, 100])
    expect(
      await hitsIn(
        Buffer.concat([Buffer.alloc(CHUNK - before), Buffer.from(`${text} ${text}`), Buffer.alloc(9)]),
      ),
    ).toBe(2);
});

it('knows it in base64, wherever it stands in there, in hexadecimal and in UTF-16', async () => {
  const base64 = ['', 'x', 'xy', 'xyz'].map((before) =>
    Buffer.from(`${before}${text} and more`).toString('base64'),
  );
  for (const encoded of base64) expect(await hitsIn(encoded)).toBe(1);
  expect(await hitsIn(Buffer.from(text).toString('hex'))).toBe(1);
  expect(await hitsIn(Buffer.from(text, 'utf16le'))).toBe(1);
});

it('reads whole trees, with the names in them', async () => {
  const tree = join(dir, 'tree');
  await mkdir(join(tree, 'deep'), { recursive: true });
  await writeFile(join(tree, 'deep/file'), `a ${text} b`);
  await writeFile(join(tree, text), '');
  await symlink(`/nowhere/${text}`, join(tree, 'link'));
  const [place] = await searchFor(token, [{ place: 'tree', paths: [tree] }], never);
  expect(place).toMatchObject({ hits: 3, unread: null });
});

it('says what it could not read', async () => {
  const [place] = await searchFor(token, [{ place: 'gone', paths: [join(dir, 'not-there')] }], never);
  expect(place!.unread).toContain('ENOENT');
});
