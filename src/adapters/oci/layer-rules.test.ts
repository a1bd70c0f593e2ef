import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objection } from './layer-rules.ts';

const file = { type: 'file', mode: 0o644 };

describe('what an app may put into its layer', () => {
  it.each([
    [{ ...file, name: 'app/server.js' }],
    [{ ...file, name: './app/.wh.old.js' }],
    [{ ...file, name: 'etc/hosts' }],
    [{ name: 'usr/', type: 'directory', mode: 0o755 }],
    [{ name: './', type: 'directory', mode: 0o755 }],
    [{ name: 'app/current', type: 'symlink', mode: 0o777, linkname: '/etc/passwd' }],
    [{ name: 'app/b', type: 'link', mode: 0o644, linkname: 'app/a' }],
    [{ ...file, name: 'app/..data' }],
  ])('lets %j pass', (member) => {
    expect(objection(member)).toBeUndefined();
  });

  it.each([
    [{ ...file, name: 'usr/lib/x.so' }, 'outside the app: usr/lib/x.so'],
    [{ ...file, name: 'etc/ld.so.preload' }, 'outside the app: etc/ld.so.preload'],
    [{ ...file, name: 'usr/bin/.wh.perl' }, 'removal of usr/bin/perl'],
    [{ ...file, name: 'app/../etc/passwd' }, 'path with .. app/../etc/passwd'],
    [{ ...file, name: '/etc/passwd' }, 'absolute path /etc/passwd'],
    [{ ...file, name: 'app/sh', mode: 0o4755 }, 'set-uid file app/sh'],
    [{ ...file, name: 'app/sh', mode: 0o2755 }, 'set-uid file app/sh'],
    [{ name: 'app/sda', type: 'block-device', mode: 0o600 }, 'block-device app/sda'],
    [{ name: 'app/pipe', type: 'fifo', mode: 0o600 }, 'fifo app/pipe'],
    [
      { name: 'app/shadow', type: 'link', mode: 0o644, linkname: 'etc/shadow' },
      'hard link app/shadow to etc/shadow',
    ],
    [
      { name: 'app/s', type: 'link', mode: 0o644, linkname: 'app/../etc/shadow' },
      'hard link app/s to app/../etc/shadow',
    ],
    [{ name: 'lib', type: 'symlink', mode: 0o777, linkname: 'app' }, 'outside the app: lib'],
    [{ ...file, name: 'application/x' }, 'outside the app: application/x'],
  ])('objects to %j', (member, why) => {
    expect(objection(member)).toBe(why);
  });

  it("never lets a file below the stack's own directories pass", () => {
    fc.assert(
      fc.property(
        fc.constantFrom('usr/bin', 'lib', 'etc', 'sbin', 'var/lib/dpkg'),
        fc.string({ minLength: 1 }),
        (dir, name) => {
          fc.pre(
            !['hostname', 'hosts', 'resolv.conf'].includes(name.replace(/\/+$/, '')) && !/^\/*$/.test(name),
          );
          expect(objection({ ...file, name: `${dir}/${name}` })).toBeDefined();
        },
      ),
    );
  });
});
