import type { CommandRow } from '../../cli/command.ts';
import { accountCommands } from './cli/account.ts';
import { ciCommands } from './cli/ci.ts';
import { signInCommands } from './cli/sign-in.ts';
import { ssoCommands } from './cli/sso.ts';
import { throttleCommands } from './cli/throttles.ts';
import { tokenCommands } from './cli/tokens.ts';

/** Door 2 of access: sign-in, one's account, tokens, and why somebody may. */
export const commands: readonly CommandRow[] = [
  ...signInCommands,
  ...accountCommands,
  ...tokenCommands,
  ...ssoCommands,
  ...ciCommands,
  ...throttleCommands,
];
