import type { CommandRow } from '../../cli/command.ts';
import { accessCommands } from './cli/access.ts';
import { platformCommands } from './cli/platform.ts';

/** Door 2 of staff access. */
export const commands: readonly CommandRow[] = [...accessCommands, ...platformCommands];
