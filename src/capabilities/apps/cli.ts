import type { CommandRow } from '../../cli/command.ts';
import { appCommands } from './cli/apps.ts';
import { configCommands } from './cli/config.ts';
import { deployCommands } from './cli/deploy.ts';
import { releaseCommands } from './cli/releases.ts';
import { runningCommands } from './cli/running.ts';

/** Door 2: the same nouns, as a client. */
export const commands: readonly CommandRow[] = [
  ...appCommands,
  ...deployCommands,
  ...releaseCommands,
  ...configCommands,
  ...runningCommands,
];
