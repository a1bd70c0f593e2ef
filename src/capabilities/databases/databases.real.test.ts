import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLab, type Lab } from '../../../test/lab/lab.ts';

const NODE = join(import.meta.dirname, '../../../test/fixtures/node.ts');
const WHOLE = join(import.meta.dirname, 'fixtures/whole.ts');
let lab: Lab;

beforeAll(async () => {
  lab = await createLab({ hosts: ['n1'] });
  await lab.host('n1').must([process.execPath, NODE, 'up']);
});
afterAll(() => lab?.close());

it('a real PostgreSQL is created, asked, rotated, copied, upgraded and back, and destroyed', async () => {
  const ran = await lab.host('n1').must([process.execPath, WHOLE, 'upgrade'], { timeoutMs: 900_000 });
  const seen = JSON.parse(ran.trim().split('\n').at(-1)!) as Record<string, string>;
  expect(seen).toMatchObject({
    created: 'succeeded',
    wrote: expect.stringMatching(/exit: 0$/),
    info: 'succeeded',
    rotated: 'succeeded',
    forked: 'succeeded',
    upgraded: 'succeeded',
    undone: 'succeeded',
    'destroyed first': 'succeeded',
    'destroyed fork': 'succeeded',
    left: [],
  });
  expect(seen.copied).toContain('kept');
  expect(seen.newer).toMatch(/17\.[\s\S]*kept/);
  expect(seen.older).toMatch(/15\.[\s\S]*kept/);
  // Nobody in the container: the server's own files are not for its client.
  expect(seen.escaped).toMatch(/65534/);
  expect(seen.escaped).not.toMatch(/PRIVATE KEY/);
  expect(seen.users).toMatch(/u_[0-9a-f]{12}_2/);
  expect(seen.users).not.toMatch(/u_[0-9a-f]{12}_1\b/);
}, 900_000);
