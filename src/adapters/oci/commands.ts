import type { Command } from '../../kernel/command.ts';

/** Unpacks a root file system that we packed ourselves, owners and modes as recorded. */
export const unpackTar = (tar: string, directory: string): Command => ({
  argv: [
    'tar',
    '--extract',
    `--file=${tar}`,
    `--directory=${directory}`,
    '--numeric-owner',
    '--same-owner',
    '--same-permissions',
  ],
});
