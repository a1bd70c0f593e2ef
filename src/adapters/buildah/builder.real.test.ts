import { mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeStacks } from '../../capabilities/stacks/perform.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { paths } from '../../main/paths.ts';
import { runner } from '../exec/run.ts';
import { makeBootstrap } from '../mmdebstrap/run.ts';
import type { InsideInput } from './fixtures/inside.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const MiB = 1024 ** 2;
const LIMITS = { memoryBytes: 512 * MiB, cpus: 2, pids: 256, diskBytes: 512 * MiB, seconds: 120 };
const TARGETS = [
  ['169.254.169.254', 80],
  ['203.0.113.7', 80],
  ['10.201.0.1', 80],
  ['10.201.0.1', 2377],
  ['10.0.2.100', 5443],
  ['10.0.2.2', 80],
  ['127.0.0.1', 80],
  ['192.168.0.1', 80],
] as const;

interface Answer {
  readonly results: readonly {
    id: string;
    outcome: { code?: string; message?: string; layout?: string; memoryPeakBytes?: number };
    log: string[];
    bytes: number;
    leftSetUp: boolean;
  }[];
  readonly hits: readonly string[];
  readonly control: readonly string[];
  readonly ruleset: string;
}

let dir: string;
let answer: Answer;
const of = (id: string) => {
  const found = answer.results.find((each) => each.id === id);
  if (!found) throw new Error(`no job ${id}`);
  return found;
};
const from = (...lines: string[]) => ['FROM bastide/node', 'USER 0', ...lines, ''].join('\n');
const job = (id: string, dockerfile: string, more: object = {}) => ({
  id,
  projectId: 'p',
  dockerfile,
  limits: LIMITS,
  ...more,
});

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-builder-'));
  await runner.run({ argv: ['chmod', '711', dir] });
  const recipes = fileURLToPath(new URL('../../../stacks', import.meta.url));
  const stacks = makeStacks({
    runner,
    bootstrap: makeBootstrap({ runner, tmpDir: join(paths.cache, 'tmp') }),
    dir: paths.stacks,
    recipes,
    npmCache: join(paths.cache, 'npm'),
  });
  const builder = must(await stacks.ensure('builder', () => {}));
  const rootfs = must(await stacks.unpack(builder));
  const node = must(await stacks.ensure('node', () => {}));
  const probe = await readFile(here('./fixtures/probe.cjs'), 'utf8');
  const input: InsideInput = {
    dir,
    rootfs,
    stacks: [
      {
        name: 'node',
        version: node.version,
        layout: node.layout,
        manifestDigest: node.manifestDigest,
        diffIds: node.diffIds,
      },
    ],
    jobs: [
      job('good', from('COPY x /app/x', 'RUN cat /app/x', 'USER 10001'), {
        files: { x: 'hello from the source' },
      }),
      job('again', from('COPY x /app/x', 'RUN cat /app/x', 'USER 10001'), {
        files: { x: 'hello from the source' },
      }),
      job('probe', from('COPY probe.cjs /p.cjs', `RUN node /p.cjs '${JSON.stringify(TARGETS)}'`), {
        files: { 'probe.cjs': probe },
      }),
      job('add-metadata', from('ADD http://169.254.169.254/latest/meta-data /x'), {
        limits: { ...LIMITS, seconds: 25 },
      }),
      job('copy-out', from('COPY ../../../../etc/shadow /x')),
      job('foreign-base', 'FROM docker.io/library/node:20\nRUN true\n'),
      job('short-base', 'FROM node:20\nRUN true\n'),
      job('scratch', 'FROM scratch\nCOPY x /x\n', { files: { x: 'x' } }),
      job('foreign-copy', from('COPY --from=docker.io/library/busybox /bin/sh /x')),
      job('host-dir', 'FROM dir:/etc\nRUN true\n'),
      job(
        'cve-2024-1753',
        [
          'FROM bastide/node AS base',
          'USER 0',
          'RUN ln -s / /rootdir',
          'FROM bastide/node',
          'USER 0',
          'RUN --mount=type=bind,from=base,source=/rootdir,destination=/exploit,rw ls /exploit /exploit/storage /exploit/stores',
          '',
        ].join('\n'),
      ),
      job('bind-out', from('RUN --mount=type=bind,source=../../..,destination=/m ls /m/storage')),
      job('memory', from(`RUN node -e "const a=[];for(;;)a.push(Buffer.alloc(8e6,1))"`), {
        limits: { ...LIMITS, memoryBytes: 192 * MiB },
      }),
      job(
        'forks',
        from(
          `RUN node -e "const c=require('child_process');for(let i=0;i<400;i++)c.spawn('sleep',['60']).on('error',()=>process.exit(9))"`,
        ),
        {
          limits: { ...LIMITS, pids: 96 },
        },
      ),
      job('disk', from('RUN dd if=/dev/zero of=/big bs=1M count=400'), {
        limits: { ...LIMITS, diskBytes: 64 * MiB },
      }),
      job('time', from('RUN sleep 600'), { limits: { ...LIMITS, seconds: 8 } }),
      job('loud', from(`RUN node -e "process.stdout.write('x'.repeat(12e6))"`)),
      job('cancel', from('RUN echo now-cancel && sleep 600'), { abortAfter: 'now-cancel' }),
      job('fails', from('RUN echo the-reason && exit 3')),
    ],
  };
  const file = join(dir, 'input.json');
  await writeFile(file, JSON.stringify(input));
  const inside = runner.start({
    argv: [
      ...(['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const),
      ...[process.execPath, here('./fixtures/inside.ts'), file],
    ],
    timeoutMs: 500_000,
  });
  // The uplink: slirp gives the namespace a way out, as a provider's network would.
  let child = '';
  for (let round = 0; child === '' && round < 200; round += 1) {
    await sleep(25);
    child = (
      await readFile(`/proc/${inside.pid}/task/${inside.pid}/children`, 'utf8').catch(() => '')
    ).trim();
  }
  const uplink = runner.start({
    argv: ['slirp4netns', '--configure', '--mtu=65520', '--disable-host-loopback', child, 'tap0'],
    timeoutMs: 520_000,
  });
  const done = await inside.done;
  uplink.kill();
  await uplink.done;
  const said = await readFile(join(dir, 'result.json'), 'utf8').catch(() => undefined);
  if (said === undefined)
    throw new Error(`nothing came back: ${isRefusal(done) ? done.message : done.stderr}`);
  answer = JSON.parse(said);
}, 590_000);

afterAll(async () => {
  const at = '/sys/fs/cgroup';
  for (const each of [at, `${at}/memory`, `${at}/cpu`, `${at}/pids`])
    await rmdir(join(each, basename(dir))).catch(() => undefined);
  await rm(dir, { recursive: true, force: true });
});

test('a sound build gives an image on its stack, and a second one comes from the cache', () => {
  expect(of('good').outcome.layout).toContain('/out/good');
  expect(of('good').log.join('\n')).toContain('hello from the source');
  expect(of('again').log.join('\n')).toContain('Using cache');
});

test('nothing of any job is left set up, and no rule', () => {
  expect(answer.results.filter((each) => each.leftSetUp)).toEqual([]);
  expect(answer.ruleset).not.toMatch(/bastide_build|BASTIDE-BUILD|bbuild/);
});

test('a hostile step reaches no file, process or switch of the host', () => {
  const probes = of('probe')
    .log.filter((line) => line.startsWith('PROBE {'))
    .map((line) => JSON.parse(line.slice('PROBE '.length)));
  expect(probes.length).toBeGreaterThan(20);
  expect(of('probe').log).toContain('PROBE-DONE');
  expect(probes.filter((each) => each.reached)).toEqual([]);
});

test('nobody came to the metadata address or the ports of the host, though they answer', () => {
  expect(answer.control).toHaveLength(1);
  expect(answer.hits).toEqual([]);
});

describe('each is refused with its code', () => {
  test.each([
    ['add-metadata', /^build_(failed|timeout)$/],
    ['copy-out', /^build_failed$/],
    ['foreign-base', /^build_base_refused$/],
    ['short-base', /^build_base_refused$/],
    ['scratch', /^build_base_refused$/],
    ['foreign-copy', /^build_(base_refused|failed)$/],
    ['host-dir', /^build_(base_refused|failed)$/],
    ['bind-out', /^build_failed$/],
    ['memory', /^build_memory$/],
    ['forks', /^build_processes$/],
    ['disk', /^build_disk$/],
    ['time', /^build_timeout$/],
    ['cancel', /^build_cancelled$/],
    ['fails', /^build_failed$/],
  ])('%s', (id, code) => {
    expect(of(id).outcome.code).toMatch(code);
  });
  test('a failure shows its reason', () => {
    expect(of('fails').outcome.message).toContain('the-reason');
  });
});

test('a bind mount through a link shows the image at most (CVE-2024-1753)', () => {
  const { outcome, log } = of('cve-2024-1753');
  const shown = log.filter((line) => !line.includes('STEP')).join('\n');
  expect(shown).not.toMatch(/overlay-images|overlay-layers|^root$.*^storage$/ms);
  expect(outcome.code === undefined || outcome.code === 'build_failed').toBe(true);
});

test('an endless line is cut and the log bounded', () => {
  expect(of('loud').bytes).toBeLessThan(4.3 * MiB);
  expect(of('loud').log.at(-1) ?? '').toBeTruthy();
});
