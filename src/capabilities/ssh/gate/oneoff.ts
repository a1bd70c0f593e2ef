import { path } from '../../../cli/client.ts';
import { openSession } from '../../../cli/open-session.ts';
import type { SessionIo } from '../../../cli/session.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import { containerArgv } from '../../apps/source/model.ts';

/** Seconds of one login in a container. */
const LONGEST = 3600;
/** What a login without a command gets: the better shell of those that the app's image has. */
const SHELL = 'command -v bash >/dev/null && exec bash -l; exec sh -l';

/**
 * The one way from the gate into a container: the session that `bastide run` opens, at the terminal that sshd made, or
 * with the streams of the connection. Answers the exit code.
 */
export const oneOff = (io: SessionIo, app: string, command: string | undefined): Promise<Outcome<number>> =>
  openSession(io, path`/v1/apps/${app}/sessions`, {
    command: containerArgv(command ?? SHELL),
    seconds: LONGEST,
  });
