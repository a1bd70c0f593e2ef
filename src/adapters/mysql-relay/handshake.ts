import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { sleep } from '../../kernel/time.ts';
import { type Backend, openBackend } from './backend.ts';
import {
  isSslRequest,
  NONCE,
  parseError,
  parseResponse,
  parseSwitch,
  type Response,
} from './parse/handshake.ts';
import type { RelayLimits, RelayRoute } from './port.ts';
import { authSwitch, error, greeting, NATIVE, packet, responseFor } from './render/packets.ts';
import { type PacketReader, packetReader } from './wire.ts';

export interface HandshakeDeps {
  readonly limits: RelayLimits;
  readonly context: () => SecureContext;
  readonly ca: () => string;
  /** Where this name leads from this address now; undefined is the answer to everything else. */
  readonly route: (user: string, source: string) => RelayRoute | undefined;
  /** Takes one of the user's places; false where all are taken. */
  readonly take: (user: string) => boolean;
}

/** Somebody who is signed in: both ends, ready to be joined. */
export interface Established {
  readonly client: TLSSocket;
  readonly backend: TLSSocket;
  readonly user: string;
  readonly tls: string;
}
export interface Refused {
  readonly reason: string;
  readonly user?: string;
}

/** Milliseconds before which no failed login is answered, so that its time tells nothing of why. */
const SLOW_NO = 250;
/** Rounds of proofs that a database may ask for. */
const ROUNDS = 4;
const DENIED = 1045;

/** Bytes of a nonce are never zero: clients read it as text. */
const makeNonce = (): Buffer => Buffer.from(randomBytes(NONCE).map((byte) => 33 + (byte % 94)));

/** The same words for an unknown name, a wrong address and a wrong password. */
const denied = (seq: number, user: string): Buffer =>
  error(seq, DENIED, '28000', `Access denied for user '${user}' (wrong name, password or address)`);

async function secure(socket: Socket, context: SecureContext): Promise<TLSSocket | undefined> {
  const client = new TLSSocket(socket, { isServer: true, secureContext: context });
  client.on('error', () => {});
  const done = await new Promise<boolean>((resolve) => {
    client.once('secure', () => resolve(true));
    for (const event of ['error', 'close'] as const) client.once(event, () => resolve(false));
  });
  return done ? client : undefined;
}

/** From the first byte to being signed in, or to the reason why not. The caller ends what is left open. */
export async function handshake(
  socket: Socket,
  source: string,
  connection: number,
  deps: HandshakeDeps,
): Promise<Established | Refused> {
  const { limits } = deps;
  const plain = packetReader(socket, limits.packetBytes);
  socket.write(greeting(makeNonce(), connection));
  const first = await plain.next();
  if (!first) return { reason: 'no handshake' };
  if (!isSslRequest(first.body)) {
    socket.end(error(first.seq + 1, 3159, 'HY000', 'This gateway is for TLS only: connect with --ssl'));
    return { reason: 'TLS required' };
  }
  plain.release();
  const client = await secure(socket, deps.context());
  if (!client) return { reason: 'TLS handshake failed' };

  const reader = packetReader(client, limits.packetBytes);
  const answer = await reader.next();
  const response = answer && parseResponse(answer.body);
  if (!answer || !response) {
    if (answer) client.end(error(answer.seq + 1, 1043, '08S01', 'Bad handshake'));
    return { reason: 'bad handshake' };
  }
  const { user } = response;
  const known = deps.route(user, source);
  if (known && !deps.take(user)) {
    const words = `User '${user}' has too many connections to this gateway (${limits.perUser})`;
    client.end(error(answer.seq + 1, 1226, '42000', words));
    return { reason: 'too many connections', user };
  }
  const backend = known && (await openBackend(known, deps.ca(), response, limits.packetBytes));
  if (known && !backend) {
    client.end(error(answer.seq + 1, 1105, 'HY000', 'The database does not answer; try again later'));
    return { reason: 'database unreachable', user };
  }
  const outcome = await prove({ client, reader, seq: answer.seq + 1, response, backend });
  if ('reason' in outcome) backend?.stream.destroy();
  return outcome;
}

interface Proving {
  readonly client: TLSSocket;
  readonly reader: PacketReader;
  readonly seq: number;
  readonly response: Response;
  readonly backend: Backend | undefined;
}

/** The database's nonce to the client, the client's proof to the database. Without a database it fails the same way. */
async function prove({ client, reader, seq, response, backend }: Proving): Promise<Established | Refused> {
  const { user } = response;
  client.write(authSwitch(seq, backend?.greeting.nonce ?? makeNonce()));
  let proof = await reader.next();
  if (!proof) return { reason: 'no proof', user };
  const earliest = sleep(SLOW_NO);
  const no = async (reason: string, at: number): Promise<Refused> => {
    await earliest;
    client.end(denied(at, user));
    return { reason, user };
  };
  if (!backend) return no('no such route', proof.seq + 1);
  if (proof.body.length !== NONCE) return no('wrong password', proof.seq + 1);
  backend.stream.write(responseFor(response, backend.head, proof.body));

  for (let round = 0; round < ROUNDS; round += 1) {
    const said = await backend.reader.next();
    if (!said) {
      client.end(error(proof.seq + 1, 1105, 'HY000', 'The database closed the connection'));
      return { reason: 'database unreachable', user };
    }
    if (said.body[0] === 0) {
      client.write(packet(proof.seq + 1, said.body));
      reader.release();
      backend.reader.release();
      return { client, backend: backend.stream, user, tls: client.getProtocol() ?? '' };
    }
    const failure = parseError(said.body);
    if (failure?.code === DENIED) return no('wrong password', proof.seq + 1);
    if (failure) {
      client.end(packet(proof.seq + 1, said.body));
      return { reason: `database error ${failure.code}`, user };
    }
    // Another nonce for the same method may be asked for; anything else could make the client say its password.
    if (parseSwitch(said.body)?.plugin !== NATIVE) return no('unfit method', proof.seq + 1);
    client.write(packet(proof.seq + 1, said.body));
    const again = await reader.next();
    if (!again || again.body.length !== NONCE) return { reason: 'no proof', user };
    backend.stream.write(packet(said.seq + 1, again.body));
    proof = again;
  }
  return no('too many rounds', proof.seq + 1);
}
