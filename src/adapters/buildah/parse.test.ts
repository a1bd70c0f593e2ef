import { expect, test } from 'vitest';
import { cacheFile, surplus } from './caches.ts';
import { build } from './commands.ts';
import { logLimit } from './log.ts';
import { explain, saysCacheBroken, stackOf } from './parse.ts';
import { homeSlot, makeSlots } from './slots.ts';

const limits = { memoryBytes: 1024 ** 2, cpus: 1, pids: 9, diskBytes: 1024 ** 2, seconds: 5 };
const quiet = { memoryPeakBytes: 0, outOfMemoryKills: 0, refusedForks: 0, diskFreeBytes: 1024 ** 3 };
const stack = (name: string, ...diffIds: string[]) => ({
  name,
  version: '1',
  layout: '/l',
  manifestDigest: 'd',
  diffIds,
});

test('the limits speak before the output', () => {
  const run = { code: 1, tail: ['Error: no space left on device'] };
  expect(explain({ ...run, ended: 'timeout' }, quiet, limits, []).code).toBe('build_timeout');
  expect(explain({ ...run, ended: 'cancelled' }, quiet, limits, []).code).toBe('build_cancelled');
  expect(explain(run, { ...quiet, outOfMemoryKills: 1 }, limits, []).code).toBe('build_memory');
  expect(explain(run, { ...quiet, refusedForks: 1 }, limits, []).code).toBe('build_processes');
  expect(explain(run, quiet, limits, []).code).toBe('build_disk');
  expect(explain({ code: 1, tail: ['npm error x'] }, quiet, limits, []).code).toBe('build_failed');
});

test('a base that is not there is named, with the stacks that are', () => {
  const tail = ['Error: creating build container: short-name "node:20" did not resolve to an alias'];
  const refusal = explain({ code: 125, tail }, quiet, limits, ['node', 'php']);
  expect(refusal.code).toBe('build_base_refused');
  expect(refusal.message).toContain('node:20');
  expect(refusal.next).toContain('bastide/node, bastide/php');
});

test('the stack of an image is the one whose layers are its lowest', () => {
  const stacks = [stack('base', 'a'), stack('node', 'a', 'b'), stack('none')];
  expect(stackOf(['a', 'b', 'c'], stacks)?.name).toBe('node');
  expect(stackOf(['a', 'x'], stacks)?.name).toBe('base');
  expect(stackOf(['x', 'a'], stacks)).toBeUndefined();
});

test('a cache belongs to one project, one slot and one set of stack versions', () => {
  const files = [
    cacheFile('/d', 'p', 0, [stack('node')]),
    cacheFile('/d', 'q', 0, [stack('node')]),
    cacheFile('/d', 'p', 1, [stack('node')]),
    cacheFile('/d', 'p', 0, [{ ...stack('node'), version: '2' }]),
  ];
  expect(new Set(files).size).toBe(4);
  expect(() => cacheFile('/d', '../x', 0, [])).toThrow(RangeError);
});

test('the longest unused caches go', () => {
  expect(
    surplus(
      [
        { name: 'a', usedAt: 1 },
        { name: 'b', usedAt: 3 },
        { name: 'c', usedAt: 2 },
      ],
      1,
    ),
  ).toEqual(['c', 'a']);
});

test('a damaged cache is told from a failed build', () => {
  expect(saysCacheBroken('Error: getting top layer info: layer not known')).toBe(true);
  expect(saysCacheBroken('npm error code E404')).toBe(false);
});

test('the exact argv of a build', () => {
  const argv = build().argv.join(' ');
  expect(argv).toMatch(
    /^buildah build --layers --isolation oci --runtime crun .* --pull=never --security-opt seccomp=\/jail\/seccomp\.json /,
  );
  for (const name of ['NODE_EXTRA_CA_CERTS', 'PIP_CERT', 'COMPOSER_CAFILE'])
    expect(argv).toContain(`--unsetenv ${name}`);
});

test('the log says once that it was cut', () => {
  const lines: string[] = [];
  const take = logLimit((line) => lines.push(line), 10);
  for (const line of ['12345', 'abc', 'xxxxxxx', 'y']) take(line);
  expect(lines.slice(0, 2)).toEqual(['12345', 'abc']);
  expect(lines).toHaveLength(3);
});

test('places for builds: the preferred one, another, then waiting in turn', async () => {
  const slots = makeSlots(2);
  expect(await slots.take(1)).toBe(1);
  expect(await slots.take(1)).toBe(0);
  const cancel = new AbortController();
  const given: (number | undefined)[] = [];
  const first = slots.take(0).then((slot) => given.push(slot));
  const cancelled = slots.take(0, cancel.signal).then((slot) => given.push(slot));
  cancel.abort();
  await cancelled;
  slots.give(1);
  await first;
  expect(given).toEqual([undefined, 1]);
  expect(homeSlot('project', 2)).toBe(homeSlot('project', 2));
});

test('one owner cannot hold every place for builds', async () => {
  const slots = makeSlots(2);
  const given: string[] = [];
  const take = (owner: string) =>
    slots.take(0, undefined, owner).then((slot) => given.push(`${owner} ${slot}`));
  await take('mallory');
  const second = take('mallory');
  await take('vera');
  expect(given).toEqual(['mallory 0', 'vera 1']);
  slots.give(1);
  expect(given).toHaveLength(2);
  slots.give(0);
  await second;
  expect(given.at(-1)).toBe('mallory 0');
});
