import { expect, it } from 'vitest';
import { ownMounts, ownProcesses } from './leftovers.ts';

it('knows mounts of ours, not the directory that an operator has mounted', () => {
  const mountinfo = [
    '36 35 98:0 / /var/lib/bastide rw - ext4 /dev/vdb rw',
    '37 35 98:0 / /var/lib/bastide/engine/overlay2/x/merged rw - overlay overlay rw',
    '38 35 98:0 / /home rw - ext4 /dev/vda rw',
  ].join('\n');
  expect(ownMounts(mountinfo)).toEqual(['mount /var/lib/bastide/engine/overlay2/x/merged']);
});

it('knows programs of ours by their words, and neither itself nor who reads a file of ours', () => {
  const all = [
    { pid: 1, cmdline: '/sbin/init\0' },
    { pid: 2, cmdline: '/usr/sbin/dockerd\0--config-file\0/etc/bastide/engine/daemon.json\0' },
    { pid: 3, cmdline: 'node\0/srv/bastide/dist/agent.js\0' },
    { pid: 4, cmdline: 'node\0/srv/bastide/packaging/down.ts\0' },
    { pid: 5, cmdline: 'tail\0-f\0/etc/bastide/bastide.json\0' },
    { pid: 6, cmdline: '/usr/bin/curl\0--cacert\0/etc/bastide/ca.pem\0https://bastide.localhost\0' },
  ];
  expect(ownProcesses(all, 4)).toEqual(['process 2 (/usr/sbin/dockerd)', 'process 3 (node)']);
});
