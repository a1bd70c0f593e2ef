import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runner } from '../exec/run.ts';
import { bootstrapConformance } from './conformance.ts';
import { makeBootstrap } from './run.ts';

const make = () => makeBootstrap({ runner, tmpDir: tmpdir() });

bootstrapConformance('mmdebstrap', make);

it('says what was wrong', async () => {
  const out = join(tmpdir(), 'bastide-never.tar');
  const request = { suite: 'bookworm', base: '/does/not/exist.tar', packages: ['bash'], out };
  expect(await make().root(request, () => {})).toMatchObject({ code: 'stack_bootstrap_failed' });
});

it('refuses a machine without an apt configuration', async () => {
  const bare = makeBootstrap({ runner, tmpDir: tmpdir(), aptDir: '/does/not/exist' });
  expect(await bare.base('bookworm', '/does/not/matter', () => {})).toMatchObject({
    code: 'apt_mirror_missing',
  });
});
