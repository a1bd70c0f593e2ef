import { afterAll, beforeAll, expect, test } from 'vitest';
import { keychain } from '../../adapters/envelope/keychain.ts';
import { memoryRootKeys } from '../../adapters/envelope/memory.ts';
import { seal } from '../../adapters/envelope/seal.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import type { StepContext } from '../../engine/capability.ts';
import type { Operation } from '../../engine/operation.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { createProjectKind } from './observe.ts';
import { performKeys } from './perform.ts';
import { projectKeys } from './store.ts';

let t: TestDatabase;
const projectId = newId();
const operation = { input: { projectId }, failure: null } as Operation;
const chain = keychain(memoryRootKeys());

beforeAll(async () => {
  t = await testDatabase();
  const organization = newId();
  await t.db.insertInto('organizations').values({ id: organization, name: 'acme' }).execute();
  await t.db
    .insertInto('projects')
    .values({ id: projectId, organization_id: organization, name: 'shop' })
    .execute();
});
afterAll(() => t.close());

test('a project gets its key once; a second run changes nothing', async () => {
  const kind = createProjectKind(t.db);
  const plan = async () => must(kind.plan(operation, must(await kind.observe(operation)), 0));
  const steps = await plan();
  expect(steps.map((step) => step.kind)).toEqual(['createProjectKey']);

  const perform = performKeys(t.db, chain);
  await perform(steps[0]!, {} as StepContext);
  expect(await plan()).toEqual([]);
  const { key_recipient } = await t.db
    .selectFrom('projects')
    .select('key_recipient')
    .executeTakeFirstOrThrow();
  const sealed = must(await seal(key_recipient!, { owner: 'a', name: 'B' }, new Secret('v')));

  await perform(steps[0]!, {} as StepContext);
  const stored = await projectKeys(t.db, projectId);
  const opened = must(await chain.open(stored!, { owner: 'a', name: 'B' }, sealed));
  expect(opened.reveal()).toBe('v');
});

test('a project that is gone is refused', async () => {
  const kind = createProjectKind(t.db);
  const gone = { ...operation, input: { projectId: newId() } };
  const steps = kind.plan(gone, must(await kind.observe(gone)), 0);
  expect(isRefusal(steps) && steps.code).toBe('keys_project_gone');
});
