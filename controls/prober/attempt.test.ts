import { expect, it } from 'vitest';
import type { Control } from '../contract/control.ts';
import { broken, held } from '../contract/judging.ts';
import type { Tools } from '../contract/tools.ts';
import { attempt } from './attempt.ts';

const tools = {} as Tools;
const boom = async () => {
  throw new Error('boom');
};
const made = (over: Partial<Control>): Control => ({
  id: 'data/x',
  claims: ['DAT-1'],
  sentence: 'Nothing.',
  when: 'anytime',
  everyHours: 1,
  position: 'anywhere',
  arrange: async () => 'arranged',
  attack: async () => ({ seen: 1 }),
  judge: () => held('fine'),
  restore: async () => {},
  ...over,
});

it('answers the verdict with the world', async () => {
  expect(await attempt(made({}), tools)).toEqual({ verdict: 'held', reason: 'fine', world: { seen: 1 } });
});

it.each(['arrange', 'attack', 'restore'] as const)(
  'is inconclusive where %s throws, never held',
  async (part) => {
    const { verdict, reason } = await attempt(made({ [part]: boom }), tools);
    expect(verdict).toBe('inconclusive');
    expect(reason).toContain('boom');
  },
);

it('is inconclusive where the judge throws', async () => {
  const judge = () => {
    throw new Error('boom');
  };
  expect(await attempt(made({ judge }), tools)).toMatchObject({
    verdict: 'inconclusive',
    world: { seen: 1 },
  });
});

it('stays broken where putting back throws', async () => {
  expect(await attempt(made({ judge: () => broken('bad'), restore: boom }), tools)).toMatchObject({
    verdict: 'broken',
  });
});

it('puts back also where the attack threw, with what was arranged', async () => {
  const seen: unknown[] = [];
  await attempt(made({ attack: boom, restore: async (_tools, arranged) => void seen.push(arranged) }), tools);
  expect(seen).toEqual(['arranged']);
});
