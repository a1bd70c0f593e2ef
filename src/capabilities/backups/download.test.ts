import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gunzipSync } from 'node:zlib';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vaultUnreachable } from '../../adapters/restic/errors.ts';
import { newId } from '../../kernel/id.ts';
import { storagePath, volumeDirectory } from '../volumes/model.ts';
import { downloadFile } from './model.ts';
import { dropOldDownloads } from './perform/download.ts';
import { sealedArchive } from './perform/sealed.ts';
import { isRecipient } from './recipient.ts';
import { backupsWorld, type World } from './testing.ts';

/** What the file holds, for whoever has the identity. */
async function opened(file: string, identity: string): Promise<Record<string, string>> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const entries = extract();
  entries.end(gunzipSync(await decrypter.decrypt(await readFile(file))));
  const found: Record<string, string> = {};
  for await (const entry of entries) found[entry.header.name] = (await buffer(entry)).toString();
  return found;
}

describe('a recipient', () => {
  it('is one letter by letter', async () => {
    const recipient = await identityToRecipient(await generateX25519Identity());
    expect(isRecipient(recipient)).toBe(true);
    const other = recipient.endsWith('q') ? 'p' : 'q';
    for (const text of ['', 'age1', `${recipient.slice(0, -1)}${other}`, `${recipient} `, 'ssh-ed25519 AAAA'])
      expect(isRecipient(text)).toBe(false);
    expect(isRecipient(await generateX25519Identity())).toBe(false);
  });
});

describe('a download', () => {
  let w: World;
  let identity: string;
  const ask = async (kind: 'dump' | 'volume' = 'dump') => {
    const backup = await w.t.db
      .selectFrom('backups')
      .select('id')
      .where('kind', '=', kind)
      .executeTakeFirstOrThrow();
    const id = newId();
    await w.t.db
      .insertInto('backup_downloads')
      .values({
        id,
        organization_id: w.organizationId,
        project_id: w.projectId,
        backup_id: backup.id,
        requested_by: 'ada',
        recipient: await identityToRecipient(identity),
      })
      .execute();
    return id;
  };
  const row = (id: string) =>
    w.t.db.selectFrom('backup_downloads').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const files = () => readdir(w.deps.downloads.dir);
  beforeEach(async () => {
    w = await backupsWorld();
    identity = await generateX25519Identity();
    await w.addVault('here');
    const item = { source: { type: 'database', id: w.databaseId }, kind: 'dump', name: 'orders' };
    await w.operate('backups.run', { projectId: w.projectId, items: [item], reason: 'request' });
  });
  afterEach(() => w.close());

  it('of a dump opens with the key of its recipient, and says what it is', async () => {
    const id = await ask();
    expect(await w.operate('backups.download', { downloadId: id })).toMatchObject({ status: 'succeeded' });
    const file = downloadFile(w.deps.downloads.dir, id);
    const bytes = await readFile(file);
    expect(await row(id)).toMatchObject({ status: 'ready', bytes: bytes.length });
    expect(bytes.includes('the orders')).toBe(false);
    const found = await opened(file, identity);
    expect(Object.keys(found)).toEqual(['README.md', 'manifest.json', 'dump.postgres']);
    expect(found['dump.postgres']).toBe('the orders');
    expect(found['README.md']).toContain('pg_restore');
    await expect(opened(file, await generateX25519Identity())).rejects.toThrow();
  });

  it('of a volume has its files below one name, and is none where one is missing', async () => {
    const volumeId = newId();
    const at = `${storagePath(w.projectId, volumeDirectory(volumeId))}/`;
    const [first] = w.restic.repositories.values();
    const snapshot = [...first!.snapshots.values()][0]!;
    const contents = new Map([
      [`${at}a.txt`, Buffer.from('a')],
      [`${at}deep/b.txt`, Buffer.from('bb')],
    ]);
    first!.snapshots.set('b'.repeat(64), { ...snapshot, id: 'b'.repeat(64), files: contents });
    const dump = await w.t.db.selectFrom('backups').selectAll().executeTakeFirstOrThrow();
    await w.t.db
      .insertInto('backups')
      .values({
        ...dump,
        id: newId(),
        kind: 'volume',
        engine: null,
        source_id: volumeId,
        snapshot_id: 'b'.repeat(64),
        manifest: JSON.stringify({ tree: 't', files: 2, bytes: 3 }),
        wal: null,
      })
      .execute();
    const id = await ask('volume');
    expect(await w.operate('backups.download', { downloadId: id })).toMatchObject({ status: 'succeeded' });
    expect(await opened(downloadFile(w.deps.downloads.dir, id), identity)).toMatchObject({
      'files/a.txt': 'a',
      'files/deep/b.txt': 'bb',
    });

    contents.delete(`${at}a.txt`);
    const less = await ask('volume');
    expect(await w.operate('backups.download', { downloadId: less })).toMatchObject({
      code: 'backup_read_broken',
    });
    expect(await files()).toEqual([`${id}.tar.gz.age`]);
  });

  it('that breaks off leaves nothing behind', async () => {
    const snapshot = [...[...w.restic.repositories.values()][0]!.snapshots.values()][0]!;
    snapshot.files.set('/dump.postgres', Buffer.from('the ord'));
    const short = await ask();
    expect(await w.operate('backups.download', { downloadId: short })).toMatchObject({
      code: 'backup_read_broken',
    });
    w.restic.trouble = vaultUnreachable('here', 'nobody');
    const dead = await ask();
    expect(await w.operate('backups.download', { downloadId: dead })).toMatchObject({
      code: 'restic_vault_unreachable',
    });
    expect([(await row(short)).status, (await row(dead)).status]).toEqual(['failed', 'failed']);
    expect(await files()).toEqual([]);
  });

  it('goes when its time is over, and so does what belongs to none', async () => {
    const id = await ask();
    await w.operate('backups.download', { downloadId: id });
    const { dir } = w.deps.downloads;
    await writeFile(join(dir, `${newId()}.tar.gz.age.part`), 'left by a killed agent');
    await writeFile(join(dir, `${newId()}.tar`), 'an export');
    expect(await dropOldDownloads(w.deps)).toBe(1);
    expect((await row(id)).status).toBe('ready');
    w.now = new Date(Date.now() + 49 * 3_600_000);
    expect(await dropOldDownloads(w.deps)).toBe(1);
    expect((await row(id)).status).toBe('gone');
    expect(await files()).toHaveLength(1);
  });
});

describe('an archive that cannot be written', () => {
  it('says so and does not wait for ever', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bastide-sealed-'));
    await mkdir(join(dir, 'a-directory'));
    const recipient = await identityToRecipient(await generateX25519Identity());
    const archive = await sealedArchive(join(dir, 'a-directory'), recipient);
    const size = 8 * 1024 * 1024;
    const writing = pipeline(
      Readable.from([Buffer.alloc(size)]),
      archive.tar.entry({ name: 'big', size }),
    ).then(() => archive.finish());
    await expect(writing).rejects.toThrow();
    await archive.abort();
    await rm(dir, { recursive: true });
  });
});
