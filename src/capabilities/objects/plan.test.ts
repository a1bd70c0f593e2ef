import { describe, expect, test } from 'vitest';
import type { Operation } from '../../engine/operation.ts';
import { isRefusal, type Outcome, Refusal } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import type { AttachmentFacts, StoreFacts } from './facts.ts';
import { planAttach, planCredential, planDetach, planUnbind } from './plan.ts';

const operation = { id: '5', failure: null } as unknown as Operation;
const failed = { ...operation, failure: new Refusal('x_failed', 'x', 'y') } as unknown as Operation;
const app: AttachmentFacts = {
  id: 'a',
  app: 'shop',
  detaching: false,
  credential: 1,
  release: { id: '6', status: 'succeeded' },
  live: true,
};
const facts = (over: Partial<StoreFacts> = {}): StoreFacts => ({
  store: { name: 'uploads', credential: 1 },
  credentials: [1],
  attachments: [],
  ...over,
});
const kinds = (planned: Outcome<readonly Step[]>) =>
  isRefusal(planned) ? planned.code : planned.map(({ kind }) => kind);
const second = { storeId: 's', generation: 2 };
const first = { storeId: 's', generation: 1 };
const fresh = { store: { name: 'uploads', credential: 0 } };

describe('a key', () => {
  test('is asked about before it is used, and then every app gets it, one after the other', () => {
    const two = [app, { ...app, id: 'b', app: 'blog', live: false }];
    expect(
      kinds(planCredential(operation, facts({ credentials: [1, 2], attachments: two }), second)),
    ).toEqual(['check']);
    const used = { store: { name: 'uploads', credential: 2 }, credentials: [2] };
    const given = planCredential(operation, facts({ ...used, attachments: two }), second);
    expect(given).toMatchObject([{ kind: 'giveConfig', key: 'objects.giveConfig:a-2' }]);
    const one = { ...app, credential: 2, release: null };
    expect(kinds(planCredential(operation, facts({ ...used, attachments: [one, two[1]!] }), second))).toEqual(
      ['release'],
    );
    const running = { ...one, release: { id: '6', status: 'running' } };
    expect(kinds(planCredential(operation, facts({ ...used, attachments: [running] }), second))).toEqual([
      'awaitRelease',
    ]);
    const done = [
      { ...app, credential: 2 },
      { ...two[1]!, credential: 2, release: null },
    ];
    expect(kinds(planCredential(operation, facts({ ...used, attachments: done }), second))).toEqual([]);
  });

  test('that is refused is forgotten, and with the first one the store', () => {
    expect(kinds(planCredential(failed, facts({ credentials: [1, 2] }), second))).toEqual(['dropCredential']);
    expect(kinds(planCredential(failed, facts(), second))).toEqual([]);
    expect(kinds(planCredential(failed, facts({ ...fresh }), first))).toEqual(['dropCredential']);
    expect(kinds(planCredential(failed, facts({ ...fresh, credentials: [] }), first))).toEqual(['forget']);
    // Another key was brought meanwhile: it gets its turn.
    expect(kinds(planCredential(failed, facts({ ...fresh, credentials: [2] }), first))).toEqual([]);
  });

  test('whose release fails is the operation that fails; what belongs to an earlier one is tried again', () => {
    const broken = { ...app, release: { id: '6', status: 'failed' } };
    expect(kinds(planCredential(operation, facts({ attachments: [broken] }), first))).toBe(
      'objects_release_failed',
    );
    const old = { ...app, release: { id: '4', status: 'failed' } };
    expect(kinds(planCredential(operation, facts({ attachments: [old] }), first))).toEqual(['release']);
  });
});

describe('an app', () => {
  test('gets the config vars, then a release where something runs', () => {
    const none = { ...app, credential: 0, release: null };
    const attach = (one: AttachmentFacts) =>
      kinds(planAttach(operation, facts({ attachments: [one] }), { attachmentId: 'a' }));
    expect(attach(none)).toEqual(['giveConfig']);
    expect(attach({ ...none, credential: 1 })).toEqual(['release']);
    expect(attach({ ...none, credential: 1, live: false })).toEqual([]);
    expect(attach(app)).toEqual([]);
  });

  test('loses them, then runs without them, then is forgotten', () => {
    const detach = (one: AttachmentFacts) =>
      kinds(planDetach(operation, facts({ attachments: [one] }), { attachmentId: 'a' }));
    expect(detach({ ...app, detaching: true })).toEqual(['takeConfig']);
    expect(detach({ ...app, detaching: true, credential: 0, release: null })).toEqual(['release']);
    expect(detach({ ...app, detaching: true, credential: 0 })).toEqual(['forgetAttachment']);
  });

  test('that knows the store keeps it from being forgotten', () => {
    expect(kinds(planUnbind(operation, facts({ attachments: [app] }), { storeId: 's' }))).toBe(
      'objects_attached',
    );
    expect(kinds(planUnbind(operation, facts(), { storeId: 's' }))).toEqual(['forget']);
    expect(kinds(planUnbind(operation, facts({ store: undefined }), { storeId: 's' }))).toEqual([]);
  });
});
