import type { RunningServer } from './parse.ts';
import type { EdgeConfig, EdgeServer } from './port.ts';
import { type Entries, maps } from './render/maps.ts';
import {
  backendName,
  certificateFile,
  certificateList,
  MAPS,
  type MapName,
  mapFile,
} from './render/names.ts';
import { address, SERVER_OPTIONS, weight } from './render/servers.ts';
import { certificateLine } from './render.ts';

/** A line for the runtime socket and what its answer must look like. */
export interface RuntimeCommand {
  readonly line: string;
  readonly accept: RegExp;
}

export interface Running {
  readonly servers: readonly RunningServer[];
  readonly maps: Readonly<Record<MapName, Entries>>;
  /** Lines of the certificate list. */
  readonly certificates: readonly string[];
  /** Certificate files whose loaded content is another than the wanted. */
  readonly stale: ReadonlySet<string>;
}

const QUIET = /^\s*$/;
/** Bytes of one payload: HAProxy takes a command with its payload in one buffer of 16 KiB. */
const PAYLOAD = 8_000;
/** From so many changes on a map is replaced as a whole, atomically. */
const MANY = 200;

const quiet = (line: string): RuntimeCommand => ({ line, accept: QUIET });

/** A new server is down until its first check has passed, and only then is it checked at all: in one line, so that no request comes between. */
function addServer(slot: number, server: EdgeServer): RuntimeCommand {
  const name = `${backendName(slot)}/${server.name}`;
  return {
    line: `add server ${name} ${address(server)} weight ${weight(server)} ${SERVER_OPTIONS};set server ${name} state ready;set server ${name} health down;enable health ${name}`,
    accept: /^New server registered\.\s*$/,
  };
}

const drain = (name: string): RuntimeCommand => quiet(`set server ${name} state drain`);

const target = (server: EdgeServer): string => ('socket' in server.target ? 'unix' : address(server));

function changeServer(slot: number, server: EdgeServer, now: RunningServer): RuntimeCommand[] {
  const name = `${backendName(slot)}/${server.name}`;
  const moved =
    now.target !== target(server) && 'port' in server.target
      ? [
          {
            line: `set server ${name} addr ${server.target.address} port ${server.target.port}`,
            accept: /changed|^\s*$/,
          },
        ]
      : [];
  if (server.state === 'draining') return now.draining ? moved : [...moved, drain(name)];
  const admin = now.draining || now.maintenance ? [quiet(`set server ${name} state ready`)] : [];
  const share = now.weight === weight(server) ? [] : [quiet(`set server ${name} weight ${weight(server)}`)];
  return [...moved, ...admin, ...share];
}

/**
 * Out of use: who wanted its requests finished has waited before. What is left is cut; a connection that takes longer
 * to go keeps the server's name until a later run.
 */
function removeServer(server: RunningServer): RuntimeCommand[] {
  const name = `${backendName(server.slot)}/${server.name}`;
  const off = server.maintenance
    ? []
    : [quiet(`set server ${name} state maint;shutdown sessions server ${name}`)];
  return [
    ...off,
    { line: `del server ${name}`, accept: /Server deleted|still has|connections|No such server/i },
  ];
}

export function diffServers(
  config: EdgeConfig,
  running: readonly RunningServer[],
): { before: RuntimeCommand[]; after: RuntimeCommand[] } {
  const now = new Map(running.map((server) => [`${server.slot}/${server.name}`, server]));
  const wanted = config.backends.flatMap((b) =>
    b.servers.map((server) => ({ slot: b.slot, server, key: `${b.slot}/${server.name}` })),
  );
  const keys = new Set(wanted.map(({ key }) => key));
  const leaving = new Set(config.backends.flatMap((b) => b.leaving.map((name) => `${b.slot}/${name}`)));
  const leave = (server: RunningServer): RuntimeCommand[] => {
    if (!leaving.has(`${server.slot}/${server.name}`)) return removeServer(server);
    return server.draining ? [] : [drain(`${backendName(server.slot)}/${server.name}`)];
  };
  const commands = (draining: boolean): RuntimeCommand[] =>
    wanted
      .filter(({ server }) => (server.state === 'draining') === draining)
      .flatMap(({ slot, server, key }) => {
        const is = now.get(key);
        if (is) return changeServer(slot, server, is);
        // A server that nobody uses has nothing to drain.
        return server.state === 'draining' ? [] : [addServer(slot, server)];
      });
  return {
    before: commands(false),
    after: [...commands(true), ...running.filter((s) => !keys.has(`${s.slot}/${s.name}`)).flatMap(leave)],
  };
}

/** Payload lines in portions that fit HAProxy's buffer. */
function portions(lines: readonly string[]): string[][] {
  const result: string[][] = [[]];
  let size = 0;
  for (const line of lines) {
    if (size + line.length > PAYLOAD && result.at(-1)!.length > 0) {
      result.push([]);
      size = 0;
    }
    result.at(-1)!.push(line);
    size += line.length + 1;
  }
  return result;
}

/**
 * Brings a map from one state to the other. What is new comes in portions, where it is much.
 */
export function diffMap(file: string, wanted: Entries, running: Entries): RuntimeCommand[] {
  const add = [...wanted].filter(([key]) => !running.has(key));
  const set = [...wanted].filter(([key, value]) => running.has(key) && running.get(key) !== value);
  const gone = [...running.keys()].filter((key) => !wanted.has(key));
  const bulk =
    add.length > MANY
      ? portions(add.map(([key, value]) => `${key} ${value}`)).map((lines) =>
          quiet(`add map ${file} <<\n${lines.join('\n')}\n`),
        )
      : add.map(([key, value]) => quiet(`add map ${file} ${key} ${value}`));
  return [
    ...bulk,
    ...set.map(([key, value]) => quiet(`set map ${file} ${key} ${value}`)),
    ...gone.map((key) => ({ line: `del map ${file} ${key}`, accept: /^\s*$|not found/i })),
  ];
}

const load = (file: string, pem: string): RuntimeCommand[] => [
  { line: `set ssl cert ${file} <<\n${pem.trim()}\n`, accept: /Transaction (created|updated)/ },
  { line: `commit ssl cert ${file}`, accept: /Success!/ },
];

export function diffCertificates(
  files: string,
  config: EdgeConfig,
  running: Pick<Running, 'certificates' | 'stale'>,
): { before: RuntimeCommand[]; after: RuntimeCommand[] } {
  const list = certificateList(files);
  const lines = new Set(running.certificates);
  const known = new Set(running.certificates.map((line) => line.split(' ')[0]!));
  const wanted = new Map(
    config.certificates.map((c) => [
      certificateFile(files, c.name),
      { pem: c.pem, line: certificateLine(files, c) },
    ]),
  );
  const before: RuntimeCommand[] = [];
  for (const [file, { pem, line }] of wanted) {
    if (!known.has(file))
      before.push({ line: `new ssl cert ${file}`, accept: /New empty certificate|already exists/i });
    if (!known.has(file) || running.stale.has(file)) before.push(...load(file, pem));
    if (known.has(file) && !lines.has(line))
      before.push({ line: `del ssl crt-list ${list} ${file}`, accept: /deleted/i });
    if (!lines.has(line)) before.push({ line: `add ssl crt-list ${list} <<\n${line}\n`, accept: /Success!/ });
  }
  const after = [...known]
    .filter((file) => !wanted.has(file))
    .flatMap((file) => [
      { line: `del ssl crt-list ${list} ${file}`, accept: /deleted/i },
      { line: `del ssl cert ${file}`, accept: /deleted|used|doesn't exist/i },
    ]);
  return { before, after };
}

const ROUTES: readonly MapName[] = ['hosts', 'maintenance', 'acme'];

/**
 * The commands that bring the running process to the wanted state, in an order in which no request is lost: first
 * what routes lead to (certificates, limits, servers), then the routes, then what nobody is sent to any more.
 */
export function diff(files: string, config: EdgeConfig, running: Running): RuntimeCommand[] {
  const wanted = maps(config);
  const map = (name: MapName): RuntimeCommand[] =>
    diffMap(mapFile(files, name), wanted[name], running.maps[name]);
  const certificates = diffCertificates(files, config, running);
  const servers = diffServers(config, running.servers);
  return [
    ...certificates.before,
    ...MAPS.filter((name) => !ROUTES.includes(name)).flatMap(map),
    ...servers.before,
    ...ROUTES.flatMap(map),
    ...servers.after,
    ...certificates.after,
  ];
}
