import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeMemoryEngine } from '../../adapters/docker/memory.ts';
import { type MemoryRelay, memoryRelay } from '../../adapters/relay/memory.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import type { StepContext } from '../../engine/capability.ts';
import { newId } from '../../kernel/id.ts';
import { must } from '../../kernel/refusal.ts';
import { makeConduct } from './conduct.ts';
import type { TerminalsDeps } from './deps.ts';
import { SESSIONS_AT_A_TIME } from './model.ts';
import { performTerminals } from './perform.ts';
import { recordingFile } from './recorder.ts';
import * as store from './store.ts';
import { keepRecordings } from './upkeep.ts';

let t: TestDatabase;
let recordings: string;
const [organizationId, projectId] = [newId(), newId()];

beforeAll(async () => {
  t = await testDatabase();
  recordings = await mkdtemp(join(tmpdir(), 'bastide-recordings-'));
  await t.db.insertInto('organizations').values({ id: organizationId, name: 'acme' }).execute();
  await t.db
    .insertInto('projects')
    .values({ id: projectId, organization_id: organizationId, name: 'shop', key_recipient: 'r' })
    .execute();
});
afterAll(async () => {
  await t.close();
  await rm(recordings, { recursive: true, force: true });
});

const session = {
  terminal: { columns: 80, rows: 24 },
  term: 'xterm',
  seconds: 60,
  record: false,
  target: 'app:shop',
};

async function bed(change: Partial<TerminalsDeps> = {}, relay: MemoryRelay = memoryRelay()) {
  const engine = makeMemoryEngine();
  engine.addImage('node:1');
  engine.answerExec(() => ({ code: 7, stdout: 'hello', stderr: '' }));
  must(
    await engine.containerEnsure({
      name: 'c1',
      labels: {},
      image: 'node:1',
      env: {},
      user: '1:1',
      network: 'none',
      mounts: [],
      tmpfs: [],
      ports: [],
      limits: { memoryBytes: 1, cpus: 1, pids: 1 },
      stopGraceSeconds: 1,
    }),
  );
  const id = newId();
  await t.db
    .insertInto('operations')
    .values({
      id,
      organization_id: organizationId,
      project_id: projectId,
      kind: 'apps.session',
      target: id,
      requested_by: 'ann',
      status: 'running',
    })
    .execute();
  const stop = new AbortController();
  const context: StepContext = {
    operation: {
      id,
      kind: 'apps.session',
      target: id,
      organizationId,
      projectId,
      appId: null,
      input: {},
      requestedBy: 'ann',
      attempts: 1,
      failure: null,
      cancelRequested: false,
    },
    log: () => undefined,
    signal: stop.signal,
  };
  const deps: TerminalsDeps = {
    db: t.db,
    engine,
    relay,
    recordings,
    idleMs: 60_000,
    joinMs: 1000,
    ...change,
  };
  const started: string[] = [];
  const start = async () => {
    started.push('yes');
    return { container: 'c1', argv: ['bash'] };
  };
  return { deps, relay, context, stop, start, started, id };
}

test('what is typed reaches the program, what it says the person, and its exit code both', async () => {
  const { deps, relay, context, start } = await bed();
  relay.type({ type: 'data', data: Buffer.from('typed') });
  relay.type({ type: 'end' });
  expect(await makeConduct(deps)(context, session, start)).toEqual({ code: 7 });
  expect(relay.shown).toEqual([
    { type: 'started', recorded: false },
    ['stdout', 'hello'],
    ['stdout', 'typed'],
    { type: 'exit', code: 7 },
  ]);
});

test('nothing is started before somebody is there', async () => {
  const { deps, context, start, started } = await bed({}, memoryRelay(false));
  expect(await makeConduct(deps)(context, session, start)).toMatchObject({ code: 'session_unattended' });
  expect(started).toEqual([]);
});

test('it ends when the person leaves, when nothing happens, when its time is over, and when it is cancelled', async () => {
  const left = await bed();
  const one = makeConduct(left.deps)(left.context, session, left.start);
  left.relay.leave();
  expect(await one).toMatchObject({ code: 'session_left' });

  const idle = await bed({ idleMs: 20 });
  expect(await makeConduct(idle.deps)(idle.context, session, idle.start)).toMatchObject({
    code: 'session_idle',
  });
  expect(idle.relay.shown.at(-1)).toMatchObject({ type: 'refused', code: 'session_idle' });

  const over = await bed();
  const short = { ...session, seconds: 0.02 };
  expect(await makeConduct(over.deps)(over.context, short, over.start)).toMatchObject({
    code: 'session_time_over',
  });

  const cancelled = await bed();
  cancelled.stop.abort();
  expect(await makeConduct(cancelled.deps)(cancelled.context, session, cancelled.start)).toMatchObject({
    code: 'session_interrupted',
  });
});

test('an organization has a number of them open, and then another when one has closed', async () => {
  const { deps, context, start } = await bed();
  // Each of them with a person of its own; none of them ends by itself.
  const relays = Array.from({ length: SESSIONS_AT_A_TIME }, () => memoryRelay());
  let next = 0;
  const conduct = makeConduct({ ...deps, relay: { dial: (id) => relays[next++]!.dial(id) } });
  const all = relays.map(() => conduct(context, session, start));
  expect(await conduct(context, session, start)).toMatchObject({ code: 'session_too_many' });
  for (const relay of relays) relay.type({ type: 'end' });
  expect(await Promise.all(all)).toEqual(relays.map(() => ({ code: 7 })));
  next = 0;
  relays[0] = memoryRelay();
  relays[0].type({ type: 'end' });
  expect(await conduct(context, session, start)).toEqual({ code: 7 });
});

const recorded = { ...session, record: true };

test('a recorded session is kept with its row, and is played again to whoever asks in the same organization', async () => {
  const { deps, relay, context, start, id } = await bed();
  relay.type({ type: 'data', data: Buffer.from('secret word') });
  relay.type({ type: 'end' });
  expect(await makeConduct(deps)(context, recorded, start)).toEqual({ code: 7 });
  expect(relay.shown[0]).toEqual({ type: 'started', recorded: true });
  const text = await readFile(recordingFile(recordings, id), 'utf8');
  expect(text).toContain('"i","secret word"');
  expect(text).toContain('"o","hello"');
  const row = await store.findRecording(t.db, organizationId, id);
  expect(row).toMatchObject({ actor: 'ann', target: 'app:shop', because: null, bytes: text.length });
  expect(await store.findRecording(t.db, newId(), id)).toBeUndefined();

  const again = await bed();
  const operation = { ...again.context.operation, input: { recording: id } };
  const step = { capability: 'terminals', kind: 'replay', key: 'k', summary: 's', input: {} };
  const perform = performTerminals(again.deps);
  expect(await perform(step, { ...again.context, operation })).toBeUndefined();
  expect(again.relay.shown).toEqual([
    { type: 'started', recorded: false },
    ['stdout', text],
    { type: 'exit', code: 0 },
  ]);
  const foreign = { ...operation, organizationId: newId() };
  expect(await perform(step, { ...again.context, operation: foreign })).toMatchObject({
    code: 'recording_not_found',
  });
});

test('a session that has to be recorded and cannot be does not begin', async () => {
  const { deps, relay, context, start, started } = await bed({ recordings: '/dev/null' });
  expect(await makeConduct(deps)(context, recorded, start)).toMatchObject({ code: 'recording_failed' });
  expect(started).toEqual([]);
  expect(relay.shown).toEqual([expect.objectContaining({ type: 'refused', code: 'recording_failed' })]);
});

test('nor where its row cannot be written', async () => {
  const { deps, context, start, started } = await bed();
  const nobodys = { ...context, operation: { ...context.operation, id: newId() } };
  expect(await makeConduct(deps)(nobodys, recorded, start)).toMatchObject({ code: 'recording_failed' });
  expect(started).toEqual([]);
});

test('files without a recording go, expired recordings go, one that was cut off is closed', async () => {
  const { deps, relay, context, start, id } = await bed();
  relay.type({ type: 'end' });
  must(await makeConduct(deps)(context, recorded, start));
  const cut = await bed();
  await store.beginRecording(t.db, cut.context.operation, 'app:shop');
  await t.db
    .updateTable('operations')
    .set({ status: 'failed', finished_at: new Date() })
    .where('id', '=', cut.id)
    .execute();
  await keepRecordings(deps);
  expect(await readFile(recordingFile(recordings, id), 'utf8')).toContain('hello');
  expect(await store.findRecording(t.db, organizationId, cut.id)).toMatchObject({
    because: 'session_interrupted',
  });
  await t.db
    .updateTable('terminal_recordings')
    .set({ expires_at: new Date(0) })
    .where('id', '=', id)
    .execute();
  await keepRecordings(deps);
  await expect(readFile(recordingFile(recordings, id), 'utf8')).rejects.toThrow('ENOENT');
});
