import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { databaseQuestionFailed } from '../../adapters/databases/errors.ts';
import type { DatabaseEngine, Manifest, Session } from '../../adapters/databases/port.ts';
import { type MemoryRestic, memoryRestic } from '../../adapters/restic/memory.ts';
import { recordSigner } from '../../adapters/signer/records.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import type { OperationKind, Table } from '../../engine/capability.ts';
import { claim } from '../../engine/journal.ts';
import { runOperation } from '../../engine/run.ts';
import { submit } from '../../engine/submit.ts';
import { newId } from '../../kernel/id.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { BackupsDeps } from './deps.ts';
import { backupsKinds } from './kinds.ts';
import { signingRestic } from './perform/signing.ts';
import { makeBackupsPerform } from './perform.ts';

/** What a fake server has in it: a text, which is dump, schema and rows in one. */
export interface FakeServer {
  content: string;
  /** The dump breaks off after its first half. */
  breaks: boolean;
}

const manifestOf = (content: string): Manifest => ({
  schema: 's',
  tables: [{ name: 't', rows: content.length, checksum: content }],
});

function fakeEngine(servers: Map<string, FakeServer>): DatabaseEngine {
  const server = (session: Session) => {
    const { id } = session.instance;
    const there = servers.get(id) ?? { content: '', breaks: false };
    servers.set(id, there);
    return there;
  };
  const engine: Partial<DatabaseEngine> = {
    name: 'postgres',
    shape: () => ({
      stack: 'postgres',
      uid: 70,
      port: 5432,
      entrypoint: ['serve'],
      command: [],
      env: {},
      directories: (['data', 'config', 'wal'] as const).map((name) => ({
        name,
        target: `/${name}`,
        readOnly: false,
      })),
      tmpfs: [],
      pids: 100,
      stopSignal: 'SIGINT',
      stopGraceSeconds: 1,
    }),
    files: () => ({}),
    ready: async () => true,
    prepare: async () => undefined,
    setUser: async () => undefined,
    user: (_instance, generation) => `user-${generation}`,
    // `is X`: whether the copy holds it; anything else is no question.
    async ask(session, _credential, query) {
      const words = /^is (.+)$/.exec(query)?.[1];
      if (words === undefined) return databaseQuestionFailed(session.instance.name, 'syntax error');
      return server(session).content.includes(words) ? 't' : 'f';
    },
    async dump(session, out) {
      const { content, breaks } = server(session);
      const half = content.slice(0, content.length / 2);
      if (!out.write(breaks ? half : content)) await once(out, 'drain');
      return breaks
        ? new Refusal('database_dump_incomplete', 'The dump broke off', 'Again')
        : manifestOf(content);
    },
    async restore(session, from) {
      server(session).content = await text(from);
      return undefined;
    },
    manifest: async (session) => manifestOf(server(session).content),
  };
  return engine as DatabaseEngine;
}

export interface World {
  readonly t: TestDatabase;
  readonly deps: BackupsDeps;
  readonly restic: MemoryRestic;
  readonly servers: Map<string, FakeServer>;
  readonly projectId: string;
  readonly organizationId: string;
  readonly databaseId: string;
  now: Date;
  /** Submits an operation and carries it out; answers how it ended. */
  operate(kind: string, input: unknown): Promise<{ id: string; status: string; code: string | undefined }>;
  addVault(name: string): Promise<string>;
  /** An app with a live release whose source asks these of restored copies; its id. */
  addApp(name: string, smoke: Record<string, string>): Promise<string>;
  /** The app knows the database. */
  attach(appId: string): Promise<void>;
  close(): Promise<void>;
}

/** A project with one database in a world of fakes; the platform's own database is real. */
export async function backupsWorld(): Promise<World> {
  const t = await testDatabase();
  const scratch = await mkdtemp(join(tmpdir(), 'bastide-backups-'));
  const identity = await generateX25519Identity();
  const [organizationId, projectId, databaseId] = [newId(), newId(), newId()];
  await t.db.insertInto('organizations').values({ id: organizationId, name: 'acme' }).execute();
  await t.db
    .insertInto('projects')
    .values({
      id: projectId,
      organization_id: organizationId,
      name: 'shop',
      key_recipient: await identityToRecipient(identity),
    })
    .execute();
  await t.db
    .insertInto('databases')
    .values({
      id: databaseId,
      organization_id: organizationId,
      project_id: projectId,
      name: 'orders',
      engine: 'postgres',
      version: '15',
      plan: 'small',
      status: 'ready',
    })
    .execute();
  const servers = new Map<string, FakeServer>([[databaseId, { content: 'the orders', breaks: false }]]);
  const world = { now: new Date('2026-11-22T12:00:00Z') };
  const restic = memoryRestic(() => world.now.getTime());
  const signer = recordSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const row = { id: databaseId, name: 'orders', version: '15', host: 'orders.db' };
  const deps = {
    db: t.db,
    restic: signingRestic(restic, signer),
    signer,
    engine: {
      containerRemove: async () => undefined,
      containerEnsure: async () => ({ id: 'c', changed: true }),
      containerStop: async () => undefined,
      containers: async () => [],
    },
    run: { run: async () => ({ code: 0, stdout: '', stderr: '', ms: 0 }) },
    async open(_project: string, binding: { owner: string; name: string }, sealed: string) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      const opened = JSON.parse(
        await decrypter.decrypt(Buffer.from(sealed.split('.')[1]!, 'base64'), 'text'),
      ) as { owner: string; value: string };
      if (opened.owner !== binding.owner) throw new Error('sealed for another');
      return new Secret(opened.value);
    },
    place: async (vault: { name: string }, repository: string) => ({
      url: `https://${vault.name}/r/${repository}/`,
      user: 'platform',
      password: new Secret('p'),
      ca: '',
    }),
    platformKey: async () => new Secret('platform'),
    engines: new Map([['postgres', fakeEngine(servers)]]),
    session: async () => ({ instance: row }),
    tls: async () => ({ certificate: '', key: new Secret(''), ca: '' }),
    image: async () => 'image',
    scratch: {
      async make(_project: string, path: string) {
        await mkdir(join(scratch, path), { recursive: true });
        return join(scratch, path);
      },
      remove: (_project: string, path: string) =>
        rm(join(scratch, path), { recursive: true, force: true }).then(() => undefined),
    },
    platform: { dump: async () => undefined, files: [] },
    downloads: { dir: join(scratch, 'downloads'), reader: process.getuid?.() ?? 0 },
    shipNow: async () => undefined,
    sleep: async () => undefined,
    now: () => world.now,
  } as unknown as BackupsDeps;
  const table: Table = {
    kinds: new Map(backupsKinds(deps).map((kind): [string, OperationKind] => [kind.kind, kind])),
    performers: new Map([['backups', makeBackupsPerform(deps)]]),
  };
  return Object.assign(world, {
    t,
    deps,
    restic,
    servers,
    projectId,
    organizationId,
    databaseId,
    async operate(kind: string, input: unknown) {
      const { operationId } = await t.db
        .transaction()
        .execute((tx) =>
          submit(tx, { kind, target: newId(), organizationId, projectId, input, actor: 'ada' }),
        );
      const operation = (await claim(t.db, 'n1', [kind]))!;
      await runOperation(t.db, table, operation, new AbortController().signal);
      const ended = await t.db
        .selectFrom('operations')
        .select(['status', 'failure'])
        .where('id', '=', operationId)
        .executeTakeFirstOrThrow();
      return { id: operationId, status: ended.status, code: ended.failure?.code };
    },
    async addVault(name: string) {
      const id = newId();
      await t.db
        .insertInto('vaults')
        .values({ id, name, url: `https://${name}`, place: 'elsewhere', username: 'platform' })
        .execute();
      return id;
    },
    async addApp(name: string, smoke: Record<string, string>) {
      const [id, buildId, operationId] = [newId(), newId(), newId()];
      const of = { organization_id: organizationId, project_id: projectId };
      await t.db
        .insertInto('apps')
        .values({ id, ...of, name })
        .execute();
      await t.db
        .insertInto('operations')
        .values({ id: operationId, ...of, kind: 'x', target: id, requested_by: 'ada' })
        .execute();
      const image = { repository: name, digest: `sha256:${'0'.repeat(64)}` };
      await t.db
        .insertInto('builds')
        .values({
          id: buildId,
          organization_id: organizationId,
          app_id: id,
          operation_id: operationId,
          source: '{}',
          status: 'succeeded',
          ...image,
        })
        .execute();
      await t.db
        .insertInto('releases')
        .values({
          id: newId(),
          organization_id: organizationId,
          app_id: id,
          build_id: buildId,
          operation_id: operationId,
          version: 1,
          ...image,
          processes: '{}',
          config: '{}',
          health_path: '/up',
          smoke: JSON.stringify(smoke),
          description: 'first',
          created_by: 'ada',
          traffic: 'live',
        })
        .execute();
      return id;
    },
    async attach(appId: string) {
      const at = { id: newId(), organization_id: organizationId, database_id: databaseId, app_id: appId };
      await t.db
        .insertInto('database_attachments')
        .values({ ...at, main: true })
        .execute();
    },
    async close() {
      await t.close();
      await rm(scratch, { recursive: true, force: true });
    },
  });
}
