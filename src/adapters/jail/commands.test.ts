import { expect, test } from 'vitest';
import * as commands from './commands.ts';
import { slotOf } from './layout.ts';

const launcher = { node: '/node', file: '/launch.ts' };
const slot = slotOf(2);

test('the exact argv of a command inside', () => {
  const command = commands.inside(
    {
      slot,
      holderPid: 77,
      launcher,
      procs: ['/c/procs'],
      readOnly: { '/src': '/run/x/see/0' },
      seconds: 10,
      openFiles: 1024,
    },
    { argv: ['buildah', 'version'], env: { A: 'b c' }, cwd: '/src' },
  );
  expect(command.argv.join(' ')).toBe(
    [
      '/node --disable-warning=ExperimentalWarning /launch.ts /c/procs --',
      '/usr/bin/prlimit --core=0 --nofile=1024 --',
      'nsenter --user=/proc/77/ns/user --net=/run/netns/bastide-build-2 --setuid 0 --setgid 0 --',
      'bwrap --unshare-pid --unshare-ipc --unshare-uts --hostname build --die-with-parent --new-session --clearenv',
      '--ro-bind /run/bastide-build/2/rootfs/usr /usr',
      '--symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64',
      '--ro-bind /run/bastide-build/2/etc /etc --ro-bind /run/bastide-build/2/jail /jail',
      '--proc /proc --dev /dev --tmpfs /run --tmpfs /var',
      '--bind /run/bastide-build/2/volume/tmp /var/tmp --bind /run/bastide-build/2/volume/tmp /tmp',
      '--ro-bind /sys /sys --tmpfs /sys/fs/cgroup --tmpfs /sys/firmware --remount-ro /sys/firmware --tmpfs /sys/kernel --remount-ro /sys/kernel',
      '--bind /run/bastide-build/2/volume/storage /storage --bind /run/bastide-build/2/volume/out /out',
      '--ro-bind /run/x/see/0 /src --dir /root --chdir /src',
      '--setenv HOME /root --setenv PATH /usr/sbin:/usr/bin --setenv TMPDIR /var/tmp --setenv XDG_RUNTIME_DIR /run',
      '--setenv LANG C.UTF-8 --setenv A b c -- buildah version',
    ].join(' '),
  );
  expect(command.env).toBeUndefined();
});

test('the holder is an unprivileged user outside the range that it maps', () => {
  expect(commands.holder(launcher, [], slot, 9).argv.join(' ')).toBe(
    '/node --disable-warning=ExperimentalWarning /launch.ts -- /usr/bin/setpriv --reuid 299002 --regid 299002 --clear-groups --no-new-privs -- unshare --user -- sleep 9',
  );
  expect(slot.owner < slot.base || slot.owner >= slot.base + 65_536).toBe(true);
});

test('slots share no id, address or name, and stay clear of the engine', () => {
  const slots = Array.from({ length: 16 }, (_, n) => slotOf(n));
  for (const key of ['base', 'owner', 'dir', 'netns', 'veth', 'table', 'chain', 'cgroup', 'address'] as const)
    expect(new Set(slots.map((each) => each[key])).size).toBe(16);
  expect(Math.min(...slots.map((each) => each.owner))).toBeGreaterThan(165_535);
  for (const each of slots) expect(each.veth.length).toBeLessThan(16);
  expect(() => slotOf(16)).toThrow(RangeError);
});

test('a volume is mounted without devices and set-uid, a sealed one read-only', () => {
  expect(commands.mountVolume('/f', '/d').argv).toContain('loop,nodev,nosuid,noatime');
  expect(commands.mountSealed('/f', '/d').argv).toContain('loop,ro,noload,nodev,nosuid,noatime');
});
