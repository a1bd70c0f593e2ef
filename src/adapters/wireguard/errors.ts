import { Refusal } from '../../kernel/refusal.ts';

export const wireguardFailed = (program: string, said: string) =>
  new Refusal('wireguard_failed', `${program} failed: ${said}`, 'Run npm run doctor on the server.');

export const wireguardUnsupported = (kernel: string, userspace: string) =>
  new Refusal(
    'wireguard_unsupported',
    `There is no WireGuard here: the kernel says ${kernel}; wireguard-go says ${userspace}`,
    "Boot a kernel that has it, such as Debian's own, or let the machine have /dev/net/tun.",
  );

export const wireguardUnreadable = (name: string) =>
  new Refusal(
    'wireguard_unreadable',
    `What wg and ip say of ${name} cannot be read`,
    'Is there another interface of that name? Take it away: it is brought up again.',
  );
