import { Refusal } from '../../kernel/refusal.ts';

const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;

export const buildFailed = (lines: readonly string[]) =>
  new Refusal(
    'build_failed',
    `The build ended with an error:\n${lines.join('\n')}`,
    'Correct what the last lines say, then deploy again.',
  );
export const buildTimeout = (seconds: number) =>
  new Refusal(
    'build_timeout',
    `The build took longer than ${seconds} s and was ended`,
    'Make it shorter, for example by installing fewer packages, or ask for a higher limit.',
  );
export const buildMemory = (bytes: number) =>
  new Refusal(
    'build_memory',
    `The build needed more than ${mib(bytes)} of memory and was ended`,
    'Lower its use (for Node: NODE_OPTIONS=--max-old-space-size), or ask for a higher limit.',
  );
export const buildDisk = (bytes: number) =>
  new Refusal(
    'build_disk',
    `The build wrote more than its ${mib(bytes)} of disk`,
    'Leave out what the image does not need (.dockerignore), or ask for a higher limit.',
  );
export const buildProcesses = (pids: number) =>
  new Refusal(
    'build_processes',
    `The build started more than ${pids} processes at once`,
    'Let it run fewer at a time (for make: -j2), or ask for a higher limit.',
  );
export const buildCancelled = () =>
  new Refusal('build_cancelled', 'The build was cancelled', 'Deploy again when you are ready.');
export const baseRefused = (image: string, stacks: readonly string[]) =>
  new Refusal(
    'build_base_refused',
    `The Dockerfile builds on ${image}, which is not one of the platform's stacks`,
    `Images of other registries are not taken. Build on ${stacks.map((name) => `bastide/${name}`).join(', ') || 'a stack'}.`,
  );
export const builderBroken = (why: string) =>
  new Refusal('build_unavailable', `The builder did not answer as expected: ${why}`, 'Run npm run doctor.');

/** The same refusal, marked so that the builder tries once more without the cache. */
export const cacheBroken = (refusal: Refusal) =>
  new Refusal(refusal.code, refusal.message, refusal.next, { ...refusal.details, cacheBroken: true });
