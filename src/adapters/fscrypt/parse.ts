import type { KeyState } from './port.ts';

/** The id that the kernel gave the key: `Added encryption key with identifier …`. */
export const parseKeyId = (said: string): string | undefined => /\b[0-9a-f]{32}\b/.exec(said)?.[0];

/** What `enckey_status` says; undefined where it says nothing known, which is never taken for "absent". */
export function parseKeyStatus(said: string): KeyState | undefined {
  if (/^Absent$/m.test(said)) return 'absent';
  if (/^Present/m.test(said)) return 'present';
  if (/^Incompletely removed/m.test(said)) return 'busy';
  return undefined;
}

/** The key that a directory is encrypted with; undefined where it is not. */
export const parsePolicy = (said: string): string | undefined =>
  /Master key identifier: ([0-9a-f]{32})\b/.exec(said)?.[1];

export const parseDevices = (said: string): string[] =>
  said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^\/dev\/loop\d+$/.test(line));

const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

export interface MountSeen {
  readonly path: string;
  readonly source: string;
  readonly shared: boolean;
}

/** Mounts of /proc/self/mountinfo, in their order: a later one covers an earlier one at the same path. */
export const parseMounts = (mountinfo: string): MountSeen[] =>
  mountinfo
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [, , , , path = '', , ...optional] = before.split(' ');
      return {
        path: unescaped(path),
        source: unescaped(after.split(' ')[1] ?? ''),
        shared: optional.some((field) => field.startsWith('shared:')),
      };
    });

/** The kernel's best implementation of AES-256-XTS, of /proc/crypto; undefined until it was used once. */
export function parseDriver(crypto: string): string | undefined {
  const entries = crypto.split('\n\n').map((block) => {
    const fields = block.split('\n').map((line) => line.split(':').map((word) => word.trim()));
    return Object.fromEntries(fields) as Record<string, string>;
  });
  const best = entries
    .filter(({ name }) => name === 'xts(aes)')
    .sort((a, b) => Number(b.priority) - Number(a.priority))[0];
  return best?.driver;
}

/** AES by the processor's instructions rather than by a program. */
export const isHardware = (driver: string): boolean =>
  /aesni|vaes|-ce\b|-ce-|neon|riscv|s390|ppc|padlock|qat|aesce/i.test(driver);
