import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { interrupted } from './errors.ts';
import type { Repository, Restic } from './port.ts';

/** What the fake and the real one both promise. `repository` gives an address where nothing is yet. */
export function resticConformance(
  what: string,
  arrange: () => Promise<{ restic: Restic; repository: (name: string) => Repository }>,
): void {
  describe(`${what} keeps the promises of restic's port`, () => {
    let restic: Restic;
    let repository: (name: string) => Repository;
    let repo: Repository;
    let directory: string;
    beforeAll(async () => {
      ({ restic, repository } = await arrange());
      repo = repository('conformance-1');
      directory = await mkdtemp(join(tmpdir(), 'restic-'));
      await mkdir(join(directory, 'in/deep'), { recursive: true });
      await writeFile(join(directory, 'in/a.txt'), 'a');
      await writeFile(join(directory, 'in/deep/b.txt'), 'b'.repeat(5000));
      must(await restic.init(repo));
    });
    afterAll(() => rm(directory, { recursive: true, force: true }));

    const stream = (text: string) => ({
      name: 'dump.sql',
      tags: ['kind:dump'],
      write: async (stdin: Writable) => void stdin.write(text),
    });
    const read = async (snapshot: string, path: string) => {
      const out = new PassThrough();
      const text = buffer(out);
      const done = await restic.dump(repo, snapshot, path, out);
      out.end();
      return { done, text: (await text).toString() };
    };

    it('makes a repository once', async () => {
      expect(await restic.init(repo)).toMatchObject({ code: 'restic_repository_exists' });
      expect(await restic.snapshots(repository('nowhere-1'))).toMatchObject({
        code: 'restic_repository_missing',
      });
      expect(must(await restic.keys(repo))).toHaveLength(1);
    });

    it('takes a stream and gives it back', async () => {
      const saved = must(await restic.backupStream(repo, stream('select 1;')));
      expect(saved).toMatchObject({ bytes: 9, files: 1, snapshot: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(await read(saved.snapshot, '/dump.sql')).toEqual({ done: undefined, text: 'select 1;' });
      const listed = must(await restic.snapshots(repo)).find(({ id }) => id === saved.snapshot);
      expect(listed?.tags).toContain('kind:dump');
      expect(listed?.paths).toEqual(['/dump.sql']);
    });

    it('makes no snapshot of a stream whose writer refused or broke', async () => {
      const before = must(await restic.snapshots(repo)).length;
      const half = async (stdin: Writable) => void stdin.write('half of it');
      const refused = await restic.backupStream(repo, {
        ...stream(''),
        write: async (stdin) => (await half(stdin)) ?? interrupted('the dump ended early'),
      });
      expect(refused).toMatchObject({ message: expect.stringContaining('the dump ended early') });
      const broken = await restic.backupStream(repo, {
        ...stream(''),
        write: async (stdin) => {
          await half(stdin);
          throw new Error('gone');
        },
      });
      expect(broken).toMatchObject({ message: expect.stringContaining('gone') });
      expect(must(await restic.snapshots(repo))).toHaveLength(before);
    });

    it('takes directories, and restores all or a part', async () => {
      const source = join(directory, 'in');
      const first = must(await restic.backupPaths(repo, { paths: [source], seeing: [source], tags: ['v'] }));
      expect(first.files).toBe(2);
      const again = must(
        await restic.backupPaths(repo, {
          paths: [source],
          seeing: [source],
          tags: ['v'],
          parent: first.snapshot,
        }),
      );
      const all = join(directory, 'all');
      must(await restic.restore(repo, again.snapshot, { target: all }));
      expect(await readFile(join(all, source, 'deep/b.txt'), 'utf8')).toHaveLength(5000);
      const part = join(directory, 'part');
      must(await restic.restore(repo, again.snapshot, { target: part, include: [join(source, 'deep')] }));
      await expect(readFile(join(part, source, 'a.txt'))).rejects.toThrow('ENOENT');
    });

    it('reads a directory back as a tar with the whole paths', async () => {
      const source = join(directory, 'in');
      const { snapshot } = must(
        await restic.backupPaths(repo, { paths: [source], seeing: [source], tags: ['v'] }),
      );
      const got = await read(snapshot, join(source, 'deep'));
      expect(got.done).toBeUndefined();
      const names: string[] = [];
      const entries = extract();
      entries.end(Buffer.from(got.text));
      for await (const entry of entries) {
        if (entry.header.type === 'file') names.push(entry.header.name);
        entry.resume();
      }
      expect(names).toEqual([join(source, 'deep/b.txt').slice(1)]);
    });

    it('does not take a source that is not there for a backup', async () => {
      const got = await restic.backupPaths(repo, {
        paths: [join(directory, 'nothing')],
        seeing: [directory],
        tags: [],
      });
      expect(got).toMatchObject({ code: 'restic_source_unreadable' });
      const nowhere = join(directory, 'nothing');
      expect(await restic.backupPaths(repo, { paths: [nowhere], seeing: [nowhere], tags: [] })).toMatchObject(
        {
          code: 'restic_source_unreadable',
        },
      );
    });

    it('reads nothing but what it was told that it may see', async () => {
      const got = await restic.backupPaths(repo, {
        paths: [join(directory, 'in')],
        seeing: [join(directory, 'in/deep')],
        tags: [],
      });
      if (isRefusal(got)) return expect(got.code).toBe('restic_source_unreadable');
      const { snapshot } = got;
      expect((await read(snapshot, join(directory, 'in/a.txt'))).done).toMatchObject({
        code: 'restic_path_missing',
      });
    });

    it('takes a path to restore for a path, whatever letters are in it', async () => {
      const source = join(directory, 'letters');
      await mkdir(join(source, 'a[b]*?\\'), { recursive: true });
      for (const name of ['a[b]*?\\/one', 'ab', '**', 'x']) await writeFile(join(source, name), name);
      const { snapshot } = must(
        await restic.backupPaths(repo, { paths: [source], seeing: [source], tags: [] }),
      );
      for (const [asked, files] of [
        ['**', ['**']],
        ['a[b]*?\\', ['a[b]*?\\/one']],
        ['a[b]*?\\/one', ['a[b]*?\\/one']],
      ] as const) {
        const target = await mkdtemp(join(directory, 'letters-'));
        must(await restic.restore(repo, snapshot, { target, include: [join(source, asked)] }));
        const found = await readdir(join(target, source), { recursive: true, withFileTypes: true });
        const names = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
        expect(names).toEqual(files.map((file) => join(target, source, file)));
      }
      for (const asked of ['?', '*', '[x]']) {
        const into = { target: join(directory, 'globbed'), include: [join(source, asked)] };
        expect(await restic.restore(repo, snapshot, into)).toMatchObject({ code: 'restic_path_missing' });
      }
    });

    it('names what is not there', async () => {
      const missing = 'f'.repeat(64);
      expect((await read(missing, '/x')).done).toMatchObject({ code: 'restic_snapshot_missing' });
      const { snapshot } = must(await restic.backupStream(repo, stream('x')));
      expect((await read(snapshot, '/nothing')).done).toMatchObject({ code: 'restic_path_missing' });
      const into = { target: join(directory, 'none'), include: ['/nothing'] };
      expect(await restic.restore(repo, snapshot, into)).toMatchObject({ code: 'restic_path_missing' });
    });

    it("refuses another project's key", async () => {
      const other = { ...repo, key: new Secret('the key of another project') };
      expect(await restic.snapshots(other)).toMatchObject({ code: 'restic_key_wrong' });
      expect(await restic.backupStream(other, stream('x'))).toMatchObject({ code: 'restic_key_wrong' });
    });

    it('finds a sound repository sound', async () => {
      expect(must(await restic.check(repo))).toMatchObject({ findings: [], read: 'structure' });
      expect(must(await restic.check(repo, { read: { part: 2, of: 7 } }))).toMatchObject({
        findings: [],
        read: 'part',
      });
      expect(must(await restic.check(repo, { read: { part: 1, of: 1 } }))).toMatchObject({
        findings: [],
        read: 'all',
      });
      expect(must(await restic.unlock(repo))).toBeUndefined();
      expect(must(await restic.stats(repo)).snapshots).toBeGreaterThan(3);
    });
  });
}
