import type { MachineFacts } from './facts.ts';
import { fail, type Judgement, ok, warn } from './judgement.ts';

/** Whether files can be encrypted here, at what cost, and whether secrets reach the disk another way. */
export function judgeStorage({ encryption, swaps }: Pick<MachineFacts, 'encryption' | 'swaps'>): Judgement[] {
  return [judgeEncryption(encryption), judgeSwap(swaps)];
}

function judgeEncryption(encryption: MachineFacts['encryption']): Judgement {
  if (encryption === undefined)
    return warn('encryption', 'not tried', 'Run as root, after npm start installed the packages.');
  if ('refused' in encryption) return fail('encryption', encryption.refused, encryption.next);
  const { driver, hardware, overlay } = encryption;
  if (!overlay) {
    return warn(
      'encryption',
      "the engine's layers cannot lie on an encrypted directory",
      'Boot a newer kernel; or encrypt the disk below and set "platformEncryption": "off" in /etc/bastide/bastide.json.',
    );
  }
  if (hardware) return ok('encryption', `files by ${driver}`);
  return warn(
    'encryption',
    `files by ${driver}: without the processor's AES instructions`,
    'It works and is slow. "modprobe aesni_intel", or boot a kernel that has it.',
  );
}

/** Pages of any program may be written there. */
function judgeSwap(swaps: MachineFacts['swaps']): Judgement {
  const plain = swaps.filter((path) => !/^\/dev\/(zram\d|mapper\/|dm-)/.test(path));
  if (plain.length === 0) return ok('swap', swaps.length === 0 ? 'none' : swaps.join(', '));
  return warn(
    'swap',
    `${plain.join(', ')}: keys and data in memory may be written there in clear`,
    'swapoff -a and remove it from /etc/fstab, or use zram or encrypted swap.',
  );
}
