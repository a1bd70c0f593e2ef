import { expect, it } from 'vitest';
import {
  isForeignEngine,
  parseAddress,
  parseControllers,
  parseListeners,
  parseMemory,
  parseNameservers,
  parseSwaps,
  parseVpnState,
} from './parse.ts';

it('reads listeners of both address families and skips connections', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65000        0 1 1
   1: 0100007F:9C40 0100007F:01BB 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 3 1
`;
  expect(parseListeners(text)).toEqual([
    { address: '0.0.0.0', port: 443, uid: 65000, inode: '1' },
    { address: '0:0:0:0:0:0:0:1', port: 80, uid: 33, inode: '3' },
  ]);
});

it('reads addresses of both families, and IPv4 inside IPv6', () => {
  expect(parseAddress('0100007F')).toBe('127.0.0.1');
  expect(parseAddress('B80D0120000000000000000001000000')).toBe('2001:db8:0:0:0:0:0:1');
  expect(parseAddress('0000000000000000FFFF00000100007F')).toBe('127.0.0.1');
});

it('reads controllers of both versions', () => {
  const v1 = '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t1\t1\nmemory\t4\t1\t0\n';
  expect(parseControllers('cpu pids\n', v1)).toEqual(['cpu', 'pids']);
  expect(parseControllers('', v1)).toEqual(['cpu']);
});

it('reads name servers and memory', () => {
  expect(parseNameservers('# x\nnameserver 192.0.2.1\n nameserver ::1\n')).toEqual(['192.0.2.1', '::1']);
  expect(parseMemory('MemTotal:        2048 kB\nMemFree: 1 kB\n')).toBe(2048 * 1024);
});

it('tells a foreign engine from ours and from other programs', () => {
  expect(isForeignEngine('/usr/sbin/dockerd\0-H\0fd://\0')).toBe(true);
  expect(isForeignEngine('dockerd\0--config-file\0/etc/bastide/engine.json\0')).toBe(false);
  expect(isForeignEngine('/usr/bin/less\0dockerd\0')).toBe(false);
});

it('reads what is swapped to', () => {
  const text = 'Filename\t\t\tType\tSize\n/dev/zram0  partition 1 0 100\n/swapfile file 1 0 -2\n';
  expect(parseSwaps(text)).toEqual(['/dev/zram0', '/swapfile']);
  expect(parseSwaps('Filename Type\n')).toEqual([]);
});

it('reads whether operators come in by the VPN only, or that nobody said', () => {
  expect(parseVpnState('{"on":true}')).toBe(true);
  expect(parseVpnState('{"on":false}')).toBe(false);
  expect([parseVpnState(''), parseVpnState('{"on":1}'), parseVpnState('null')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
