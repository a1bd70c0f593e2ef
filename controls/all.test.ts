import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { controls } from './all.ts';
import { claims } from './claims.ts';

/** Folders of this directory that hold no controls. */
const OTHERS = new Set(['contract', 'prober', 'canary']);
const folders = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
const ids = folders(import.meta.dirname)
  .filter((area) => !OTHERS.has(area))
  .flatMap((area) => folders(join(import.meta.dirname, area)).map((name) => `${area}/${name}`));

it('the table has every folder, and each control the id that its path says', () => {
  expect(controls.map(({ id }) => id).sort()).toEqual(ids.sort());
});

it('every control lies in a folder with its judge and the judge of its judge', () => {
  for (const id of ids)
    expect(readdirSync(join(import.meta.dirname, id)), id).toEqual(
      expect.arrayContaining(['control.ts', 'judge.ts', 'judge.test.ts']),
    );
});

it('every control names claims that there are', () => {
  const known = new Set(claims.map(({ id }) => id));
  for (const { id, claims: named } of controls)
    expect(
      named.filter((one) => !known.has(one)),
      id,
    ).toEqual([]);
});

it('every sentence is one that can be false', () => {
  for (const { id, sentence } of controls) expect(sentence, id).toMatch(/^[A-Z].{20,400}\.$/);
});

it('no judge throws at a world, whatever it is', () => {
  for (const { id, judge } of controls)
    for (const world of [undefined, null, {}, [], 'x', { places: 1 }, { attempts: [null] }])
      expect(judge(world).verdict, id).toBe('inconclusive');
});
