// What root of the platform does to a vault with every credential it has, run on the platform's host. Reads a line of
// JSON {url, user, password, ca} from standard input and answers one line of JSON: what came of each attempt.
import { createHash } from 'node:crypto';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';

interface Target {
  readonly url: string;
  /** `/r/p-1` at the vault; at a bare store `/p-1`. */
  readonly base: string;
  readonly user: string;
  readonly password: string;
  readonly ca: string | undefined;
  /** One object of each kind that is there. */
  readonly objects: Readonly<Record<'data' | 'snapshots' | 'index' | 'keys', string>>;
}

const target = JSON.parse(await text(process.stdin)) as Target;
const { base, objects } = target;
const auth = `${target.user}:${target.password}`;
const { hostname, port } = new URL(target.url);

function ask(method: string, path: string, body?: Uint8Array): Promise<number> {
  return new Promise((resolve) => {
    const asking = request(
      {
        ...{ host: hostname, port, method, path, auth, agent: false },
        ...(target.ca && { ca: target.ca }),
        headers: body ? { 'content-length': String(body.length) } : {},
        timeout: 20_000,
      },
      (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    asking.on('error', () => resolve(0));
    asking.end(body);
  });
}

/** Words on the wire that no library would send. */
function raw(words: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      servername: 'localhost',
      ...(target.ca && { ca: target.ca }),
    });
    socket.on('error', () => resolve(0));
    socket.setTimeout(20_000, () => socket.destroy());
    let said = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
    socket.on('close', () => resolve(Number(said.slice(9, 12)) || 0));
    socket.write(words);
  });
}

const basic = `authorization: Basic ${Buffer.from(auth).toString('base64')}`;
const garbage = Buffer.from('encrypted by somebody else');
const sha = createHash('sha256').update(garbage).digest('hex');
const kinds = Object.entries(objects);

const attempts: [string, () => Promise<number>][] = [
  ...kinds.flatMap(([kind, name]): [string, () => Promise<number>][] => [
    [`delete ${kind}`, () => ask('DELETE', `${base}/${kind}/${name}`)],
    [`overwrite ${kind}`, () => ask('POST', `${base}/${kind}/${name}`, garbage)],
    [`truncate ${kind}`, () => ask('POST', `${base}/${kind}/${name}`, Buffer.alloc(0))],
    [`replace ${kind}`, () => ask('PUT', `${base}/${kind}/${name}`, garbage)],
    [`rename ${kind}`, () => ask('MOVE', `${base}/${kind}/${name}`)],
  ]),
  ['delete config', () => ask('DELETE', `${base}/config`)],
  ['overwrite config', () => ask('POST', `${base}/config`, garbage)],
  ['delete the repository', () => ask('DELETE', `${base}/`)],
  ['delete everything', () => ask('DELETE', '/')],
  ['garbage as a snapshot', () => ask('POST', `${base}/snapshots/${'a'.repeat(64)}`, garbage)],
  ['garbage as a pack', () => ask('POST', `${base}/data/${'b'.repeat(64)}`, garbage)],
  ['a key of our own', () => ask('POST', `${base}/keys/${sha}`, garbage)],
  [
    'the way up',
    () =>
      raw(`DELETE ${base}/../../../etc/passwd HTTP/1.1\r\nhost: x\r\n${basic}\r\nconnection: close\r\n\r\n`),
  ],
  [
    'the way up, encoded',
    () =>
      raw(
        `POST ${base}/data/%2e%2e%2f%2e%2e%2fx HTTP/1.1\r\nhost: x\r\n${basic}\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx`,
      ),
  ],
  [
    'two lengths',
    () =>
      raw(
        `POST ${base}/locks/${sha} HTTP/1.1\r\nhost: x\r\n${basic}\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n`,
      ),
  ],
  ['no HTTP at all', () => raw('rm -rf /\r\n\r\n')],
  [
    'more than the disk',
    () =>
      raw(
        `POST ${base}/data/${'c'.repeat(64)} HTTP/1.1\r\nhost: x\r\n${basic}\r\ncontent-length: 99999999999999\r\nconnection: close\r\n\r\nx`,
      ),
  ],
];

const came: Record<string, number> = {};
for (const [name, attempt] of attempts) came[name] = await attempt();
console.log(JSON.stringify(came));
