import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runner } from '../../adapters/exec/run.ts';
import { memoryBootstrap } from '../../adapters/mmdebstrap/memory.ts';
import { readLayout } from '../../adapters/oci/layout-read.ts';
import { readMatching } from '../../adapters/oci/read-files.ts';
import { textFile } from '../../adapters/oci/testing.ts';
import { memoryRegistry } from '../../adapters/registry/memory.ts';
import { must } from '../../kernel/refusal.ts';
import { makeStacks } from './perform.ts';

const yaml = (description: string) => `name: test
description: ${description}
suite: bookworm
abi: test-1
user: { name: app, uid: 10001, home: /app }
packages: [media-types]
links: { /usr/local/bin/x: ../../bin/media-types }
config: { workingDir: /app, cmd: [x], stopSignal: SIGTERM }
`;

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'bastide-stacks-'));
  await mkdir(join(home, 'recipes/test/files/etc/test'), { recursive: true });
  await writeFile(join(home, 'recipes/test/stack.yaml'), yaml('A stack for tests.'));
  await writeFile(join(home, 'recipes/test/files/etc/test/a.conf'), 'a');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const make = (bootstrap = memoryBootstrap(), dir = join(home, 'stacks')) =>
  makeStacks({ runner, bootstrap, dir, recipes: join(home, 'recipes'), npmCache: join(home, 'npm') });
const quiet = () => {};

describe('a stack', () => {
  it('is built once, however many ask for it', async () => {
    const bootstrap = memoryBootstrap();
    const stacks = make(bootstrap);
    const [one, two] = await Promise.all([
      stacks.ensure('test', quiet),
      make(bootstrap).ensure('test', quiet),
    ]);
    expect(must(two)).toEqual(must(one));
    expect(bootstrap.runs).toEqual(['base bookworm', 'root media-types']);
    expect(await stacks.current('test')).toEqual(must(one));
  });

  it('is built again when its recipe changes, and the old version stays', async () => {
    const stacks = make();
    const one = must(await stacks.ensure('test', quiet));
    await writeFile(join(home, 'recipes/test/stack.yaml'), yaml('A better stack for tests.'));
    const two = must(await stacks.ensure('test', quiet));
    expect(two.version).not.toBe(one.version);
    expect((await stacks.current('test'))?.version).toBe(two.version);
    expect(await readFile(one.sbom, 'utf8')).toContain('"media-types"');
  });

  it('is the same wherever it is built', async () => {
    const one = must(await make().ensure('test', quiet));
    const two = must(await make(memoryBootstrap(), join(home, 'elsewhere')).ensure('test', quiet));
    expect([two.version, two.diffIds, two.manifestDigest]).toEqual([
      one.version,
      one.diffIds,
      one.manifestDigest,
    ]);
    expect(one.version).toMatch(/^20261120-/);
  });

  it('holds what the recipe says and nothing of the build', async () => {
    const stack = must(await make().ensure('test', quiet));
    const files = await readMatching(createReadStream(stack.rootfs), /./);
    expect([...files.keys()].sort()).toEqual([
      'etc/group',
      'etc/hostname',
      'etc/hosts',
      'etc/passwd',
      'etc/resolv.conf',
      'etc/shadow',
      'etc/test/a.conf',
      'usr/bin/media-types',
      'var/lib/dpkg/status',
    ]);
    expect(must(await readLayout(stack.layout)).config.config).toMatchObject({
      User: '10001:10001',
      Cmd: ['x'],
      Labels: { 'bastide.stack': 'test', 'bastide.stack.version': stack.version },
    });
  });

  it('is refused with apt inside, and leaves nothing behind', async () => {
    const stacks = make(memoryBootstrap([textFile('usr/bin/apt-get', '')]));
    expect(await stacks.ensure('test', quiet)).toMatchObject({
      code: 'stack_unclean',
      details: { findings: ['usr/bin/apt-get'] },
    });
    expect(await stacks.current('test')).toBeUndefined();
    expect(await readdir(join(home, 'stacks'))).toEqual(['.base']);
  });

  it('is unpacked once, without set-uid bits', async () => {
    const stacks = make();
    const stack = must(await stacks.ensure('test', quiet));
    const root = must(await stacks.unpack(stack));
    expect(must(await stacks.unpack(stack))).toBe(root);
    expect(await readFile(join(root, 'etc/test/a.conf'), 'utf8')).toBe('a');
  });

  it('goes into the registry', async () => {
    const stacks = make();
    const registry = memoryRegistry();
    const ref = must(await stacks.push(must(await stacks.ensure('test', quiet)), registry));
    expect(ref.repository).toBe('stacks/test');
    expect(must(await registry.exists(ref))).toBe(true);
  });

  it('comes with the others that were asked for, or with the first reason why not', async () => {
    const stacks = make();
    expect(must(await stacks.ensureAll(['test'], quiet))).toHaveLength(1);
    expect(await stacks.ensureAll(['test', 'none'], quiet)).toMatchObject({ code: 'stack_unknown' });
  });
});

it('does not wait for a lock whose holder is gone', async () => {
  await mkdir(join(home, 'stacks'), { recursive: true });
  await writeFile(join(home, 'stacks/.test.lock'), '999999999 1');
  must(await make().ensure('test', quiet));
});
