import type { Command } from '../../../kernel/command.ts';

const MIB = 1024 * 1024;
/** Most that a push may be, packed. */
export const PUSH_BYTES = 200 * MIB;
const HOUR = 3_600_000;

type Env = NonNullable<Command['env']>;
/** Nobody's settings but these. */
const quiet = (env: Env): Env => ({
  HOME: '/tmp',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  ...env,
});

/** A bare repository that lives for one push. */
export const makeRepository = (directory: string): Command => ({
  argv: ['/usr/bin/git', 'init', '--quiet', '--bare', '--template=', '--initial-branch=main', directory],
  env: quiet({}),
  timeoutMs: 30_000,
});

/** Takes a push in, no bigger than that, every object checked, and asks the hook before anything counts. */
export const receivePack = (directory: string, hooks: string, env: Env): Command => ({
  argv: [
    '/usr/bin/git',
    ...['-c', `receive.maxInputSize=${PUSH_BYTES}`, '-c', 'transfer.fsckObjects=true'],
    ...['-c', `core.hooksPath=${hooks}`, '-c', 'receive.autogc=false', '-c', 'transfer.unpackLimit=1'],
    ...['-c', 'pack.threads=1', '-c', 'receive.advertisePushOptions=false', 'receive-pack', directory],
  ],
  env: quiet(env),
  timeoutMs: 2 * HOUR,
});

/** The files of a commit, as the deploy takes them. What git tells its hook is relative to the repository. */
export const archive = (commit: string, repository: string, env: Env): Command => ({
  argv: ['/usr/bin/git', 'archive', '--format=tar.gz', commit],
  cwd: repository,
  env: quiet(env),
  timeoutMs: 600_000,
});
