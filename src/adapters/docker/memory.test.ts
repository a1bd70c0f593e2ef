import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { engineConformance } from './conformance.ts';
import { makeMemoryEngine } from './memory.ts';

const projects = mkdtempSync(join(tmpdir(), 'bastide-mounts-'));
afterAll(() => rmSync(projects, { recursive: true }));
const engine = makeMemoryEngine(undefined, projects);
engine.addImage('node:1');
engineConformance('in memory', () => ({ engine, image: 'node:1', archive: 'node.tar', projects }));

it('fails when it is told to, once, and without an effect', async () => {
  const fresh = makeMemoryEngine();
  fresh.failNext('swarmInit');
  expect(await fresh.swarmInit({ advertise: '', listen: '', pool: '', poolMask: 24 })).toMatchObject({
    code: 'engine_error',
  });
  expect(must(await fresh.facts()).swarm).toBe('inactive');
  must(await fresh.swarmInit({ advertise: '', listen: '', pool: '', poolMask: 24 }));
});
