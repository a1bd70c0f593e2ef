import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { notFollowing } from '../pgbouncer/errors.ts';
import { followFiles } from '../pgbouncer/gateway.ts';
import type { Gateway, GatewayProcess } from './port.ts';
import { renderRelayFiles } from './render/routes.ts';

const Status = z.object({ users: z.array(z.string()) });
const TRIES = 100;
const PAUSE = 100;

export interface MysqlRelayParts {
  readonly files: { readonly directory: string; readonly uid: number };
  /** The socket at which the relay says which names lead somewhere. */
  readonly status: string;
  readonly process: GatewayProcess;
}

const ask = async (socket: string): Promise<string> => {
  const connection = connect(socket);
  connection.setTimeout(5000, () => connection.destroy(new Error('it does not answer')));
  return Status.parse(JSON.parse(await text(connection)))
    .users.sort()
    .join();
};

async function awaitUsers(socket: string, wanted: readonly string[]): Promise<Outcome<void>> {
  const names = [...wanted].sort().join();
  let said = '';
  for (let left = TRIES; left > 0; left -= 1) {
    const known = await ask(socket).catch((error: Error) => error);
    if (known === names) return;
    said = known instanceof Error ? known.message : 'it knows other routes';
    await sleep(PAUSE);
  }
  return notFollowing('MySQL', said);
}

/** Our relay as the gateway to MySQL: files first, then SIGHUP, then asking whether it took them. */
export const makeMysqlRelay = ({ files, status, process }: MysqlRelayParts): Gateway =>
  followFiles({
    files,
    process,
    render: renderRelayFiles,
    took: (names) => awaitUsers(status, names),
  });
