import type { Command } from '../../kernel/command.ts';

/** What every run shares; 2026-09-21T13:46:40Z, the time stamp of every file that is newer. */
export const SOURCE_DATE_EPOCH = 1_790_000_000;

const HALF_AN_HOUR = 30 * 60_000;

export interface BaseSpec {
  readonly suite: string;
  /** Text of a sources.list. */
  readonly sources: string;
  readonly out: string;
  /** Where the tree is assembled; memory-backed is twice as fast. */
  readonly tmpDir: string;
}

export interface RootSpec extends BaseSpec {
  /** A base tar of the same suite, made by `bootstrapBase`. */
  readonly base: string;
  readonly packages: readonly string[];
}

const common = [
  '--mode=root',
  '--format=tar',
  '--architectures=amd64',
  '--dpkgopt=force-unsafe-io',
  '--aptopt=Acquire::Languages "none"',
  '--aptopt=Apt::Install-Recommends "false"',
  '--aptopt=Acquire::Retries "3"',
] as const;

const command = (argv: readonly string[], spec: BaseSpec): Command => ({
  argv: ['mmdebstrap', ...argv],
  stdin: spec.sources,
  env: {
    TMPDIR: spec.tmpDir,
    SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH),
    LC_ALL: 'C.UTF-8',
  },
  timeoutMs: HALF_AN_HOUR,
});

/**
 * The `Essential: yes` packages of a suite with the package lists still inside, so that every stack of the suite
 * starts from the same state of the mirror and skips the longest part of the work. Files are pruned later, by us:
 * mmdebstrap's own path filter costs ten seconds.
 */
export const bootstrapBase = (spec: BaseSpec): Command =>
  command([...common, '--variant=essential', '--skip=cleanup/apt', spec.suite, spec.out, '-'], spec);

/** A stack's root file system on top of a base. `tar-in` is built into mmdebstrap: no shell sees the hook. */
export const bootstrapRoot = (spec: RootSpec): Command =>
  command(
    [
      ...common,
      '--variant=custom',
      '--skip=update',
      `--setup-hook=tar-in ${spec.base} /`,
      ...(spec.packages.length > 0 ? [`--include=${spec.packages.join(',')}`] : []),
      spec.suite,
      spec.out,
      '-',
    ],
    spec,
  );
