import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Engine } from '../../adapters/docker/port.ts';
import { makeRelay } from '../../adapters/relay/relay.ts';
import { hostUid } from '../../capabilities/nodes/system/users.ts';
import type { TerminalsDeps } from '../../capabilities/terminals/deps.ts';
import { IDLE_MS } from '../../capabilities/terminals/model.ts';
import type { Database } from '../../db/schema.ts';
import { paths, SESSIONS_SOCKET } from '../paths.ts';

/** How long a session waits for the person who opened it. */
const JOIN_MS = 30_000;

/** People's terminals on this node: the API is in the middle, and its user owns the socket. */
export const terminalsDeps = (parts: {
  readonly db: Kysely<Database>;
  readonly engine: Pick<Engine, 'execTerminal'>;
}): TerminalsDeps => ({
  ...parts,
  relay: makeRelay(join(paths.apiSocketDir, SESSIONS_SOCKET), hostUid('api')),
  recordings: paths.recordings,
  idleMs: IDLE_MS,
  joinMs: JOIN_MS,
});
