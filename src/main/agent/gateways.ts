import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../adapters/docker/port.ts';
import { mariadbGuests } from '../../adapters/mariadb/guests.ts';
import { makeMysqlRelay } from '../../adapters/mysql-relay/gateway.ts';
import { makePgbouncer } from '../../adapters/pgbouncer/gateway.ts';
import type { GatewayConfig, GatewayProcess } from '../../adapters/pgbouncer/port.ts';
import { postgresGuests } from '../../adapters/postgres/guests.ts';
import type { DatabasesDeps } from '../../capabilities/databases/deps.ts';
import { openSession } from '../../capabilities/databases/session.ts';
import { findDatabase } from '../../capabilities/databases/store.ts';
import {
  type GatewayPlaces,
  gatewayContainers,
  gatewaySpec,
} from '../../capabilities/gateways/containers.ts';
import type { GatewaysDeps, Guests } from '../../capabilities/gateways/deps.ts';
import { gatewayCertificateMissing } from '../../capabilities/gateways/errors.ts';
import { gatewaysKinds } from '../../capabilities/gateways/kinds.ts';
import { GATEWAY_PORTS, GATEWAY_UID, type GatewayName } from '../../capabilities/gateways/model.ts';
import { type GatewaysWorker, makeGatewaysWorker } from '../../capabilities/gateways/perform.ts';
import type { OpenEntry } from '../../capabilities/network/model.ts';
import type { NodeDeps } from '../../capabilities/nodes/deps.ts';
import { ensureDirectory } from '../../capabilities/nodes/system/files.ts';
import { ensureBundleImage, ensureStackImage } from '../../capabilities/nodes/system/image.ts';
import type { Stacks } from '../../capabilities/stacks/perform.ts';
import type { OperationKind } from '../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { INTERNAL_ADDRESS, paths } from '../paths.ts';
import { guessesAt } from './guesses.ts';

/** Who the firewall lets in at the gateways: what the worker says, and nobody before it has spoken. */
export interface Admitted {
  entries: readonly OpenEntry[];
}

/** What the gateways' containers are made with. */
export interface ProgramParts {
  readonly engine: Engine;
  readonly stacks: Stacks;
  /** Directory whose content becomes /app of the MySQL gateway's image. */
  readonly bundle: string;
  readonly log: (line: string) => void;
}

interface Parts extends Omit<ProgramParts, 'engine'> {
  readonly databases: DatabasesDeps;
  readonly node: NodeDeps;
  readonly admitted: Admitted;
  /** The name that clients check the gateways' certificate by. */
  readonly host: string;
}

const placesOf = (gateway: GatewayName): GatewayPlaces => ({
  files: join(paths.run, 'gateways', gateway, 'files'),
  run: join(paths.run, 'gateways', gateway, 'run'),
});

/** Images of the gateways, made when they are first needed. */
function gatewayImages({ engine, stacks, bundle }: ProgramParts) {
  const made = new Map<GatewayName, string>();
  async function make(gateway: GatewayName, onLine: (line: string) => void): Promise<Outcome<string>> {
    const stack = await stacks.ensure(gateway === 'postgres' ? 'pgbouncer' : 'node', onLine);
    if (isRefusal(stack)) return stack;
    return gateway === 'postgres'
      ? ensureStackImage(engine, 'pgbouncer', stack)
      : ensureBundleImage(engine, 'gateway-mysql', stack, bundle);
  }
  return {
    has: (gateway: GatewayName) => made.has(gateway),
    async of(gateway: GatewayName, onLine: (line: string) => void): Promise<Outcome<string>> {
      const known = made.get(gateway);
      if (known) return known;
      const image = await make(gateway, onLine);
      if (!isRefusal(image)) made.set(gateway, image);
      return image;
    },
  };
}

function processOf(
  gateway: GatewayName,
  { engine, log }: ProgramParts,
  images: ReturnType<typeof gatewayImages>,
): GatewayProcess {
  const name = gatewayContainers[gateway];
  const places = placesOf(gateway);
  return {
    async running() {
      const found = await engine.containers({ 'bastide.part': `gateway-${gateway}` });
      return isRefusal(found) ? found : found.some((one) => one.name === name && one.state === 'running');
    },
    async start() {
      const image = await images.of(gateway, log);
      if (isRefusal(image)) return image;
      await ensureDirectory(places.run, { uid: GATEWAY_UID, gid: GATEWAY_UID, mode: 0o700 });
      const started = await engine.containerEnsure(gatewaySpec(gateway, image, places));
      return isRefusal(started) ? started : undefined;
    },
    reload: () => engine.containerSignal(name, 'SIGHUP'),
    stop: () => engine.containerStop(name),
  };
}

/** Roles in the databases themselves, by the way that the databases capability has into them. */
function guestsOf(deps: DatabasesDeps): Guests {
  const inside = async (databaseId: string) => {
    const row = await findDatabase(deps.db, databaseId);
    const session = await openSession(deps, databaseId);
    if (isRefusal(session)) return session;
    return { session, guests: row?.engine === 'mariadb' ? mariadbGuests : postgresGuests };
  };
  return {
    async set(databaseId, guest) {
      const found = await inside(databaseId);
      return isRefusal(found) ? found : found.guests.set(found.session, guest);
    },
    async drop(databaseId, user) {
      const found = await inside(databaseId);
      return isRefusal(found) ? found : found.guests.drop(found.session, user);
    },
  };
}

const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----\n?/;

async function tlsOf({
  databases: { pki },
  host,
}: Parts): Promise<Outcome<Pick<GatewayConfig, 'certificate' | 'ca'>>> {
  const pem = await readFile(join(paths.certificates, `${host}.pem`), 'utf8').catch(() => '');
  const [key] = KEY.exec(pem) ?? [];
  if (!key) return gatewayCertificateMissing(host);
  const root = await pki.root();
  if (isRefusal(root)) return root;
  return { certificate: { chain: pem.replace(KEY, ''), key: new Secret(key) }, ca: root.certificate };
}

/** The gateways' programs in their containers, driven by their files. */
export function gatewayPrograms(parts: ProgramParts) {
  const images = gatewayImages(parts);
  const [postgres, mysql] = [placesOf('postgres'), placesOf('mysql')];
  return {
    images,
    gateways: {
      postgres: makePgbouncer({
        settings: {
          directory: postgres.files,
          listen: '*',
          port: GATEWAY_PORTS.postgres,
          socketDir: postgres.run,
        },
        files: { directory: postgres.files, uid: GATEWAY_UID },
        process: processOf('postgres', parts, images),
      }),
      mysql: makeMysqlRelay({
        files: { directory: mysql.files, uid: GATEWAY_UID },
        status: `${mysql.run}/status.sock`,
        process: processOf('mysql', parts, images),
      }),
    },
  };
}

/** The gateways of this node. */
export function gatewaysOf(parts: Parts): { worker: GatewaysWorker; kinds: OperationKind[] } {
  const { databases, node, admitted, log } = parts;
  const { images, gateways } = gatewayPrograms({ ...parts, engine: databases.engine });
  const deps: GatewaysDeps = {
    db: databases.db,
    engine: databases.engine,
    containers: gatewayContainers,
    gateways,
    prepared: async (gateway) => images.has(gateway),
    async prepare(gateway, onLine) {
      const image = await images.of(gateway, onLine);
      return isRefusal(image) ? image : undefined;
    },
    guests: guestsOf(databases),
    tls: () => tlsOf(parts),
    host: INTERNAL_ADDRESS,
    async admit(entries) {
      admitted.entries = entries;
      const done = await node.ensureFirewall();
      return isRefusal(done) ? done : undefined;
    },
    guesses: guessesAt(databases.db, 'database', () => new Date()),
    log,
    now: Date.now,
  };
  return { worker: makeGatewaysWorker(deps), kinds: gatewaysKinds(deps) };
}
