import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Runner } from '../exec/port.ts';
import { packPackage } from './commands.ts';
import { integrityOf, makeNpm } from './fetch.ts';

let cache = '';
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'bastide-npm-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

/** An npm that downloads this. */
const npm = (content: string): Runner & { runs: number } => {
  const fake = {
    runs: 0,
    async run(command: Parameters<Runner['run']>[0]) {
      fake.runs += 1;
      await writeFile(join(command.cwd ?? '', 'x-1.0.0.tgz'), content);
      return { code: 0, stdout: '', stderr: '', ms: 1 };
    },
  };
  return fake;
};

const pinned = { name: '@scope/x', version: '1.0.0', integrity: integrityOf(Buffer.from('good')) };

describe('a pinned npm package', () => {
  it('is downloaded once', async () => {
    const runner = npm('good');
    expect(String(await makeNpm(runner, cache).fetch(pinned))).toBe('good');
    expect(String(await makeNpm(runner, cache).fetch(pinned))).toBe('good');
    expect(runner.runs).toBe(1);
  });

  it('is refused when it is not the pinned one, and not kept', async () => {
    expect(await makeNpm(npm('evil'), cache).fetch(pinned)).toMatchObject({ code: 'npm_package_altered' });
    expect(await readdir(cache)).toEqual([]);
  });

  it('is downloaded again when the kept copy was changed', async () => {
    await writeFile(join(cache, '@scope-x-1.0.0.tgz'), 'evil');
    expect(String(await makeNpm(npm('good'), cache).fetch(pinned))).toBe('good');
  });

  it('comes from the client, without running any script of it', () => {
    expect(packPackage('x', '1.0.0', '/tmp/d', '/root').argv.join(' ')).toBe(
      'npm pack x@1.0.0 --silent --ignore-scripts --pack-destination /tmp/d',
    );
  });
});
