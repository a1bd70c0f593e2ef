import { afterAll, beforeAll, expect, test } from 'vitest';
import { seal } from '../../adapters/envelope/seal.ts';
import type { StepContext } from '../../engine/capability.ts';
import type { Operation } from '../../engine/operation.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { keysKinds } from './kinds.ts';
import { performKeys } from './perform.ts';
import { projectKeys } from './store.ts';
import { type KeysWorld, keysWorld } from './testing.ts';

let world: KeysWorld;
beforeAll(async () => {
  world = await keysWorld();
});
afterAll(() => world.close());

const kind = () => keysKinds(world.deps).find((one) => one.kind === 'keys.create-project')!;
const operationOn = (projectId: string) => ({ input: { projectId }, failure: null }) as Operation;

test('a project gets its first key once; a second run changes nothing', async () => {
  const { projectId } = await world.project({ key: false });
  const operation = operationOn(projectId);
  const plan = async () => must(kind().plan(operation, must(await kind().observe(operation)), 0));
  const steps = await plan();
  expect(steps.map((step) => step.kind)).toEqual(['createProjectKey']);

  const perform = performKeys(world.deps);
  must(await perform(steps[0]!, {} as StepContext));
  expect(await plan()).toEqual([]);
  const recipient = await world.recipient(projectId);
  const sealed = must(await seal(recipient!, { owner: 'a', name: 'B' }, new Secret('v')));

  must(await perform(steps[0]!, {} as StepContext));
  const stored = await projectKeys(world.deps.db, projectId);
  const opened = must(await world.deps.keychain.open(stored!, { owner: 'a', name: 'B' }, sealed));
  expect(opened.reveal()).toBe('v');
});

test('a project that is gone is refused', async () => {
  const gone = operationOn(newId());
  const steps = kind().plan(gone, must(await kind().observe(gone)), 0);
  expect(isRefusal(steps) && steps.code).toBe('keys_project_gone');
});
