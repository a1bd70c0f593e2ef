import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { sql } from 'kysely';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatabaseEngine, Session } from '../../adapters/databases/port.ts';
import { makeMemoryEngine } from '../../adapters/docker/memory.ts';
import { readLayout } from '../../adapters/oci/layout-read.ts';
import { MANIFEST } from '../../adapters/oci/model.ts';
import type { StepContext } from '../../engine/capability.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { projectKeys } from '../keys/store.ts';
import { type KeysWorld, keysWorld } from '../keys/testing.ts';
import type { ExportsDeps } from './deps.ts';
import { ExportManifest } from './model.ts';
import { planExport } from './plan.ts';
import { dropOldExports } from './upkeep.ts';
import { exportFile, writeExport } from './write.ts';

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
const context = { log: () => undefined, signal: new AbortController().signal } as unknown as StepContext;
const DUMP = Buffer.from('PGDMP of everything');

let world: KeysWorld;
let dir: string;
let deps: ExportsDeps;
let dumps: Buffer | undefined = DUMP;
beforeAll(async () => {
  world = await keysWorld();
  dir = await mkdtemp(join(tmpdir(), 'bastide-exports-'));
  const engine = makeMemoryEngine();
  must(
    await engine.swarmInit({
      advertise: '10.200.0.1',
      listen: '10.200.0.1',
      pool: '10.201.0.0/16',
      poolMask: 24,
    }),
  );
  const postgres = {
    name: 'postgres',
    async dump(_session: Session, out: NodeJS.WritableStream) {
      if (!dumps) throw new Error('the server went away');
      out.write(dumps);
      return { schema: 's', tables: [{ name: 'users', rows: 2, checksum: 'c' }] };
    },
  } as unknown as DatabaseEngine;
  deps = {
    db: world.deps.db,
    dir: join(dir, 'exports'),
    reader: process.getuid!(),
    registryData: join(dir, 'registry'),
    engine,
    engines: new Map([['postgres', postgres]]) as ExportsDeps['engines'],
    session: async () => ({}) as Session,
    open: async (projectId, binding, sealed) =>
      world.deps.keychain.open((await projectKeys(world.deps.db, projectId))!, binding, sealed),
    volume: async (_projectId, volumeId) => join(dir, 'volumes', volumeId),
    domain: 'example.org',
  };
});
afterAll(async () => {
  await world.close();
  await rm(dir, { recursive: true });
});

async function blob(bytes: string): Promise<{ digest: string; size: number }> {
  const hex = sha256(bytes);
  const at = join(deps.registryData, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex);
  await mkdir(at, { recursive: true });
  await writeFile(join(at, 'data'), bytes);
  return { digest: `sha256:${hex}`, size: Buffer.byteLength(bytes) };
}

/** A project with an image, a database, a volume and config vars. */
async function full() {
  const place = await world.project();
  await world.setConfig(place, 'SMTP_PASSWORD', 'hunter2');
  const releaseId = await world.release(place, 1);
  const layer = await blob('layer');
  const config = await blob(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const manifest = await blob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
    }),
  );
  await deps.db
    .updateTable('releases')
    .set({ digest: manifest.digest, repository: `apps/${place.appId}`, traffic: 'live' } as never)
    .where('id', '=', releaseId)
    .execute();
  const [database, volume] = [newId(), newId()];
  const name = `main-${place.appId.slice(-8)}`;
  await sql`insert into databases (id, organization_id, project_id, name, engine, version, plan, status)
    values (${database}, ${place.organizationId}, ${place.projectId}, ${name}, 'postgres', '15', 'small', 'ready')`.execute(
    deps.db,
  );
  await deps.db
    .insertInto('volumes')
    .values({
      id: volume,
      organization_id: place.organizationId,
      project_id: place.projectId,
      name: 'uploads',
    })
    .execute();
  const files = join(dir, 'volumes', volume);
  await mkdir(join(files, 'a/b'), { recursive: true });
  await writeFile(join(files, 'a/b/photo.jpg'), 'photo');
  await writeFile(join(files, 'empty'), '');
  await symlink('/etc/shadow', join(files, 'link'));
  return { ...place, database: name, files };
}

async function exported(
  place: { projectId: string; organizationId: string },
  recipient: string | null = null,
) {
  const id = newId();
  await deps.db
    .insertInto('exports')
    .values({
      id,
      organization_id: place.organizationId,
      project_id: place.projectId,
      requested_by: 'ada',
      recipient,
    })
    .execute();
  return { id, outcome: await writeExport(deps, id, context) };
}

async function read(id: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const tar = extract();
  tar.end(await readFile(exportFile(deps.dir, id)));
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    found.set(
      entry.header.name,
      entry.header.type === 'symlink' ? Buffer.from(`-> ${entry.header.linkname}`) : Buffer.concat(chunks),
    );
  }
  return found;
}

describe('an export', () => {
  test('has everything of the project, with the hash of each file and of itself', async () => {
    const place = await full();
    const { id, outcome } = await exported(place);
    must(outcome);
    const files = await read(id);
    const manifest = ExportManifest.parse(JSON.parse(files.get('manifest.json')!.toString()));
    expect([...files.keys()].at(-1)).toBe('manifest.json');
    for (const { path, bytes, sha256: hash } of manifest.files) {
      expect(files.get(path)).toHaveLength(bytes);
      expect(sha256(files.get(path)!)).toBe(hash);
    }
    const listed = new Set(manifest.files.map(({ path }) => path));
    expect([...files.keys()].filter((path) => !listed.has(path))).toEqual([
      'volumes/uploads/link',
      'manifest.json',
    ]);
    expect(files.get(`databases/${place.database}/dump.postgres`)).toEqual(DUMP);
    expect(files.get('volumes/uploads/a/b/photo.jpg')!.toString()).toBe('photo');
    expect(files.get('volumes/uploads/empty')).toHaveLength(0);
    expect(files.get('volumes/uploads/link')!.toString()).toBe('-> /etc/shadow');
    const said = JSON.parse(files.get('project.json')!.toString());
    expect(said.apps[0].config).toEqual([{ name: 'SMTP_PASSWORD', secret: true }]);
    expect(said.databases).toMatchObject([{ name: place.database, engine: 'postgres' }]);

    const row = await deps.db
      .selectFrom('exports')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ status: 'ready', sha256: sha256(await readFile(exportFile(deps.dir, id))) });
    expect(await readdir(deps.dir)).toEqual([`${id}.tar`]);
  });

  test('has the image as an OCI layout that reads like one', async () => {
    const place = await full();
    const { id, outcome } = await exported(place);
    must(outcome);
    const out = join(dir, 'layout');
    for (const [path, bytes] of await read(id)) {
      const [, , ...rest] = path.split('/');
      if (!path.startsWith('images/')) continue;
      await mkdir(join(out, ...rest, '..'), { recursive: true });
      await writeFile(join(out, ...rest), bytes);
    }
    expect(must(await readLayout(out)).manifest.layers).toHaveLength(1);
  });

  test('has no value of a config var, unless encrypted to who asked for it', async () => {
    const place = await full();
    const names = await exported(place);
    const whole = await readFile(exportFile(deps.dir, names.id));
    expect(whole.includes('hunter2')).toBe(false);
    expect((await read(names.id)).has('config-values.age')).toBe(false);

    const identity = await generateX25519Identity();
    const values = await exported(place, await identityToRecipient(identity));
    expect((await readFile(exportFile(deps.dir, values.id))).includes('hunter2')).toBe(false);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const opened = await decrypter.decrypt((await read(values.id)).get('config-values.age')!, 'text');
    expect(Object.values(JSON.parse(opened))).toEqual([{ SMTP_PASSWORD: 'hunter2' }]);
  });

  test('is none where something cannot be read, and leaves nothing behind', async () => {
    const place = await full();
    const before = await readdir(deps.dir);
    dumps = undefined;
    const { outcome } = await exported(place);
    dumps = DUMP;
    expect(isRefusal(outcome) && outcome.code).toBe('export_failed');
    expect(await readdir(deps.dir)).toEqual(before);
    expect(planExport({ id: 'e', status: 'pending' }, true).map(({ kind }) => kind)).toEqual(['giveUp']);
    expect(planExport({ id: 'e', status: 'pending' }, false).map(({ kind }) => kind)).toEqual(['write']);
    expect(planExport({ id: 'e', status: 'ready' }, false)).toEqual([]);
  });

  test('goes when its time is over', async () => {
    const { id } = await exported(await full());
    expect(await dropOldExports(deps, new Date(Date.now() + 47 * 3_600_000))).toBe(0);
    expect(await readdir(deps.dir)).toContain(`${id}.tar`);
    expect(await dropOldExports(deps, new Date(Date.now() + 49 * 3_600_000))).toBeGreaterThan(0);
    expect(await readdir(deps.dir)).toEqual([]);
  });
});
