import { expect, test } from 'vitest';
import { cgroupWrites } from './cgroup.ts';
import { parseCounter, parseMountsBeneath, parseOpenFiles, parseResolvers } from './parse.ts';

test('resolvers: IPv4 ones that a jail can reach', () => {
  expect(
    parseResolvers(
      '# x\nnameserver 127.0.0.53\nnameserver 192.0.2.1 \nnameserver fe80::1\nnameserver 9.9.9.9; x\n',
    ),
  ).toEqual(['192.0.2.1']);
});

test('counters of cgroup event files', () => {
  expect(parseCounter('low 0\noom_kill 3\noom_kill_group 9\n', 'oom_kill')).toBe(3);
  expect(parseCounter('', 'oom_kill')).toBe(0);
});

test('mounts beneath a directory, innermost first, and none of its neighbours', () => {
  const info = ['/', '/run/b/1', '/run/b/1/x y', '/run/b/10']
    .map((path, n) => `${n} 1 0:1 / ${path.replace(' ', '\\040')} rw - t s o`)
    .join('\n');
  expect(parseMountsBeneath(info, '/run/b/1')).toEqual(['/run/b/1/x y', '/run/b/1']);
});

test('the limit of open files', () => {
  expect(parseOpenFiles('Max open files            1024                 20000                files\n')).toBe(
    20_000,
  );
});

test.each([1, 2] as const)('limits of cgroup version %i', (version) => {
  const writes = cgroupWrites(version, 'bastide-build/0', { memoryBytes: 1024, cpus: 1.5, pids: 9 });
  expect(
    Object.fromEntries(writes.map(({ file, value }) => [file.replace('/sys/fs/cgroup/', ''), value])),
  ).toEqual(
    version === 1
      ? {
          'memory/bastide-build/0/memory.limit_in_bytes': '1024',
          'memory/bastide-build/0/memory.memsw.limit_in_bytes': '1024',
          'cpu/bastide-build/0/cpu.cfs_period_us': '100000',
          'cpu/bastide-build/0/cpu.cfs_quota_us': '150000',
          'pids/bastide-build/0/pids.max': '9',
        }
      : {
          'bastide-build/0/memory.max': '1024',
          'bastide-build/0/memory.swap.max': '0',
          'bastide-build/0/cpu.max': '150000 100000',
          'bastide-build/0/pids.max': '9',
        },
  );
});
