import type { Command } from '../../kernel/command.ts';
import type { Secret } from '../../kernel/secret.ts';

const short = { timeoutMs: 60_000 };
const long = { timeoutMs: 60 * 60_000 };

/** Nothing is left to be zeroed later, so that the file stays as sparse as it was made. */
export const makeFilesystem = (image: string): Command => ({
  argv: [
    ...(['mkfs.ext4', '-q', '-F', '-O', 'encrypt', '-m', '0'] as const),
    ...['-E', 'lazy_itable_init=0,lazy_journal_init=1', '--', image],
  ],
  ...short,
});

export const attach = (image: string): Command => ({
  argv: ['losetup', '--find', '--show', '--', image],
  ...short,
});
/** Past the page cache, so that nothing is cached twice. Not every file system can; then it stays as it was. */
export const directIo = (device: string): Command => ({
  argv: ['losetup', '--direct-io=on', '--', device],
  ...short,
});
/** Detaches it now or, where it is mounted, with its last mount. */
export const detach = (device: string): Command => ({ argv: ['losetup', '--detach', device], ...short });
/** By device and inode, not by name: a file is recognised under every path. */
export const listAttached = (image: string): Command => ({
  argv: ['losetup', '--noheadings', '--output', 'NAME', '--associated', image],
  ...short,
});

/** Replays the journal; looks closer only where the file system asks for it. */
export const checkFilesystem = (device: string): Command => ({
  argv: ['e2fsck', '-p', '--', device],
  ...long,
});
export const checkWhole = (device: string): Command => ({
  argv: ['e2fsck', '-f', '-p', '--', device],
  ...long,
});
export const resizeFilesystem = (device: string): Command => ({ argv: ['resize2fs', '--', device], ...long });

export const mountDevice = (device: string, mount: string): Command => ({
  argv: ['mount', '-t', 'ext4', '-o', 'noatime,nodev,nosuid', '--', device, mount],
  ...short,
});
export const unmount = (mount: string): Command => ({ argv: ['umount', '--', mount], ...short });
export const trim = (mount: string): Command => ({ argv: ['fstrim', '--', mount], ...long });

/** A mount of its own whose changes are told to every copy that follows. */
export const bindItself = (directory: string): Command => ({
  argv: ['mount', '--bind', '--', directory, directory],
  ...short,
});
export const makeShared = (directory: string): Command => ({
  argv: ['mount', '--make-shared', '--', directory],
  ...short,
});

const fscrypt = (command: string, directory: string): Command => ({
  argv: ['xfs_io', '-c', command, directory],
  ...short,
});

/** The key is 64 bytes as base64; it goes in as bytes, by stdin. */
export const addKey = (mount: string, key: Secret): Command => ({
  ...fscrypt('add_enckey', mount),
  stdin: Buffer.from(key.reveal(), 'base64'),
});
/** For every user that has added it. */
export const removeKey = (mount: string, keyId: string): Command => fscrypt(`rm_enckey -a ${keyId}`, mount);
export const keyStatus = (mount: string, keyId: string): Command => fscrypt(`enckey_status ${keyId}`, mount);
export const readPolicy = (directory: string): Command => fscrypt('get_encpolicy', directory);
/** fscrypt v2, AES-256-XTS for content and AES-256-CTS for names, padded to 32 bytes. */
export const setPolicy = (directory: string, keyId: string): Command =>
  fscrypt(`set_encpolicy -c AES-256-XTS -n AES-256-CTS -f 3 -v 2 ${keyId}`, directory);

/** All that is in it, as it is: owners, rights, times, links, attributes, holes. Nothing outside is followed. */
export const copyTree = (from: string, to: string): Command => ({
  argv: ['cp', '--archive', '--sparse=auto', '--reflink=never', '--', `${from}/.`, to],
  timeoutMs: 24 * 60 * 60_000,
});

/** Of the capability's trial: an overlay whose writable half is encrypted, as the engine wants it. */
export const mountOverlay = (lower: string, upper: string, work: string, on: string): Command => ({
  argv: [
    ...(['mount', '-t', 'overlay', '-o'] as const),
    ...[`lowerdir=${lower},upperdir=${upper},workdir=${work}`, '--', 'overlay', on],
  ],
  ...short,
});
