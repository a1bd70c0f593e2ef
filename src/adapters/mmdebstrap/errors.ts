import { Refusal } from '../../kernel/refusal.ts';

export const aptMirrorMissing = (what: string): Refusal =>
  new Refusal(
    'apt_mirror_missing',
    `The apt configuration of this machine names no source for ${what}`,
    'Add it to /etc/apt/sources.list (main, updates and security), run apt-get update, and try again.',
  );

export const bootstrapFailed = (stack: string, code: number, said: string): Refusal =>
  new Refusal(
    'stack_bootstrap_failed',
    `mmdebstrap could not build ${stack} (exit ${code}): ${said}`,
    'Run apt-get update on this machine; if that fails too, its mirror or network is the cause. Then try again.',
  );
