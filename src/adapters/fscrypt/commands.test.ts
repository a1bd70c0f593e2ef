import { expect, it } from 'vitest';
import { Secret } from '../../kernel/secret.ts';
import * as commands from './commands.ts';

const ID = '0123456789abcdef0123456789abcdef';
const line = (command: { argv: readonly string[] }) => command.argv.join(' ');

it('a key goes in by stdin, as bytes, and is in no word', () => {
  const key = new Secret(Buffer.alloc(64, 7).toString('base64'));
  const command = commands.addKey('/m', key);
  expect(command.argv).toEqual(['xfs_io', '-c', 'add_enckey', '/m']);
  expect(command.stdin).toEqual(Buffer.alloc(64, 7));
  expect(JSON.stringify(command.argv)).not.toContain(key.reveal());
});

it('words, exactly', () => {
  expect(line(commands.makeFilesystem('/s/a.img'))).toBe(
    'mkfs.ext4 -q -F -O encrypt -m 0 -E lazy_itable_init=0,lazy_journal_init=1 -- /s/a.img',
  );
  expect(line(commands.mountDevice('/dev/loop0', '/m'))).toBe(
    'mount -t ext4 -o noatime,nodev,nosuid -- /dev/loop0 /m',
  );
  expect(commands.setPolicy('/m/data', ID).argv).toEqual([
    'xfs_io',
    '-c',
    `set_encpolicy -c AES-256-XTS -n AES-256-CTS -f 3 -v 2 ${ID}`,
    '/m/data',
  ]);
  expect(commands.removeKey('/m', ID).argv).toEqual(['xfs_io', '-c', `rm_enckey -a ${ID}`, '/m']);
  expect(line(commands.listAttached('/s/a.img'))).toBe(
    'losetup --noheadings --output NAME --associated /s/a.img',
  );
});
