import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { provenIn } from './proven.ts';

// A page of an export: its checkpoint, and entries 0, 2, 3 and 4 of five.
const [head, ...lines]: [{ size: number; key: string; checkpoint: string }, ...unknown[]] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'exported.json'), 'utf8'),
);

it('proves what was exported by a platform, and signed', () => {
  expect(provenIn(head, lines)).toEqual({ entries: lines.length, signed: true, unproven: [] });
});

it.each([
  ['the action', (text: string) => text.replace('apps:deploy2', 'apps:destroy')],
  ['the time', (text: string) => text.replace(/"at":"20\d\d/, '"at":"1999')],
  ['the place', (text: string) => text.replace(/"index":\d/, '"index":1')],
  ['a commitment', (text: string) => text.replace(/"actor":"[0-9a-f]/, '"actor":"x')],
])('sees that %s was altered', (_what, alter) => {
  const altered = lines.map((line) => JSON.parse(alter(JSON.stringify(line))));
  expect(provenIn(head, altered).unproven.length).toBeGreaterThan(0);
});

it('sees a checkpoint that nobody signed', () => {
  const forged = { ...head, checkpoint: head.checkpoint.replace(/\n— .*\n$/, '\n') };
  expect(provenIn(forged, lines)).toMatchObject({ signed: false });
  expect(provenIn({ ...head, checkpoint: head.checkpoint.replace('time 2', 'time 3') }, lines)).toMatchObject(
    {
      signed: false,
    },
  );
});
