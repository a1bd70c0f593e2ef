import { Refusal } from '../../kernel/refusal.ts';

export const storageUnsupported = (why: string) =>
  new Refusal(
    'storage_unsupported',
    `This machine cannot encrypt files: ${why}`,
    "Boot a kernel with ext4 encryption (CONFIG_FS_ENCRYPTION, XTS and CTS), such as Debian's own; run npm run doctor.",
  );
export const wrongKey = (image: string) =>
  new Refusal(
    'storage_wrong_key',
    `The key is not the one that ${image} is encrypted with`,
    'Put the right root key back; nothing was changed.',
  );
export const notEncrypted = (directory: string, said: string) =>
  new Refusal(
    'storage_not_encrypted',
    `${directory} cannot be encrypted: ${said}`,
    'Somebody put files there that are not ours. Move them away, then try again.',
  );
export const attachedElsewhere = (image: string, devices: readonly string[]) =>
  new Refusal(
    'storage_attached_elsewhere',
    `${image} is still mounted by somebody (${devices.join(', ')})`,
    'A second mount would destroy it. End the programs that keep it, or restart the machine.',
  );
export const busy = (what: string, why: string) =>
  new Refusal('storage_busy', `${what} is in use: ${why}`, 'Stop what uses it, then try again.');
export const damaged = (image: string, said: string) =>
  new Refusal(
    'storage_damaged',
    `The file system in ${image} needs a repair by hand: ${said}`,
    'Copy the image first, then run e2fsck on the copy; or restore from a backup.',
  );
export const noSpace = (where: string, free: number) =>
  new Refusal(
    'storage_no_space',
    `There are only ${Math.floor(free / 1024 ** 2)} MiB free for ${where}`,
    'Free space or mount a larger disk at /var/lib/bastide.',
  );
export const smaller = (bytes: number) =>
  new Refusal(
    'storage_smaller',
    `It is larger than ${bytes} bytes already`,
    'Storage grows only; ask for more than it has.',
  );
export const copyDiffers = (path: string) =>
  new Refusal(
    'storage_copy_differs',
    `The copy is not equal to the original at ${path}`,
    'The original goes on as it was. Check the disk, then ask for it again.',
  );
export const storageMissing = (image: string) =>
  new Refusal('storage_missing', `${image} is not there`, 'Restore it from a backup.');
export const storageFailed = (doing: string, said: string) =>
  new Refusal('storage_failed', `${doing} failed: ${said}`, 'See npm run doctor and the free disk space.');
