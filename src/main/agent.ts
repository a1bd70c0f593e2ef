import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { ringing, ringOnEvents } from '../adapters/docker/ringing.ts';
import { makeOpenId } from '../adapters/openid/client.ts';
import { makePki } from '../adapters/pki/directory.ts';
import { makeObjectStorage } from '../adapters/s3/client.ts';
import { vaultClient } from '../adapters/vault/client.ts';
import { followDomain } from '../capabilities/edge/store.ts';
import { bringUpNode } from '../capabilities/nodes/bringup.ts';
import { bringUpSystem } from '../capabilities/nodes/system/bring-up.ts';
import { accountsKey, addressOf, passwordOf } from '../capabilities/nodes/system/database.ts';
import { systemStacks } from '../capabilities/nodes/system/deps.ts';
import { PROBER } from '../capabilities/nodes/system/prober.ts';
import { parseSettings, platformHost } from '../capabilities/nodes/system/settings.ts';
import { makeStatusFile } from '../capabilities/nodes/system/status-file.ts';
import { keepStorage } from '../capabilities/volumes/upkeep.ts';
import { listen } from '../db/listen.ts';
import { migrate } from '../db/migrate.ts';
import { type DatabaseAddress, openDatabase } from '../db/pool.ts';
import { makeWatch } from '../engine/watch.ts';
import { work } from '../engine/worker.ts';
import { isRefusal, type Outcome, type Refusal } from '../kernel/refusal.ts';
import { auditDeps } from './agent/audit.ts';
import { backupsDeps } from './agent/backups.ts';
import { thisNodesBuilder, thisNodesStacks } from './agent/builder.ts';
import { controlsDeps, startProber } from './agent/controls.ts';
import { databasesDeps } from './agent/databases.ts';
import { appsDeps, edgeDeps } from './agent/deps.ts';
import { thisNodesEdge } from './agent/edge.ts';
import { erasureDeps } from './agent/erasure.ts';
import { exportsDeps } from './agent/exports.ts';
import { type Admitted, gatewaysOf } from './agent/gateways.ts';
import { thisPlatformsKeys } from './agent/keys.ts';
import { mailDeps } from './agent/mail.ts';
import { thisNode } from './agent/node.ts';
import { openPlatformStorage } from './agent/platform-storage.ts';
import { recoverPlatform } from './agent/recover.ts';
import { sshOf } from './agent/ssh.ts';
import { projectStorage } from './agent/storage.ts';
import { agentTable } from './agent/table.ts';
import { terminalsDeps } from './agent/terminals.ts';
import { upkeep } from './agent/upkeep.ts';
import { type VpnOpen, vpnOf } from './agent/vpn.ts';
import { paths } from './paths.ts';

const root = join(import.meta.dirname, '../..');
const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
const log = (line: string): void => logger.info(line);
const status = makeStatusFile(paths.status);
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());

/** The supervisor starts us again; by then what was wrong may be right. */
async function giveUp(refusal: Refusal): Promise<never> {
  logger.error(refusal.toJSON(), refusal.message);
  await status.flushed();
  process.exit(1);
}

async function needed<T>(outcome: Promise<Outcome<T>> | Outcome<T>): Promise<T> {
  const value = await outcome;
  return isRefusal(value) ? giveUp(value) : value;
}

async function stage<T>(name: string, run: () => Promise<Outcome<T>>): Promise<T> {
  status.report({ kind: 'started', name });
  const outcome = await run();
  status.report(isRefusal(outcome) ? { kind: 'failed', name, refusal: outcome } : { kind: 'finished', name });
  return needed(outcome);
}

async function migrateAs(owner: DatabaseAddress): Promise<readonly string[]> {
  const db = openDatabase(owner, 1);
  try {
    return await migrate(db);
  } finally {
    await db.destroy();
  }
}

const settings = await needed(parseSettings(await readFile(paths.settings, 'utf8').catch(() => '{}')));
const admitted: Admitted = { entries: [] };
const admittedBySsh: Admitted = { entries: [] };
const watch = makeWatch();
const vpnOpen: VpnOpen = { entry: undefined };
const thisOne = thisNode(
  settings.operator,
  () => [...admitted.entries, ...admittedBySsh.entries],
  () => vpnOpen.entry,
);
const node = { ...thisOne, engine: ringing(thisOne.engine, watch.ring) };
await stage('storage', () => openPlatformStorage(node, settings, log));
await stage('engine', () => bringUpNode(node, log));

const stacks = thisNodesStacks(join(root, 'stacks'));
// Two at a time: on a new machine this is most of the wait.
await stage('stacks', () => stacks.ensureAll(systemStacks, log));
const edge = await thisNodesEdge(node.engine);
const system = await needed(
  bringUpSystem({
    engine: node.engine,
    settings,
    registryPki: makePki({ directory: join(paths.secrets, 'registry-ca'), name: 'Bastide registry CA' }),
    stack: (name, onLine) => stacks.ensure(name, onLine),
    apiBundle: join(root, 'dist/image'),
    apiEnv: {
      BASTIDE_DOMAIN: settings.domain,
      BASTIDE_DATABASE_PASSWORD: await passwordOf('bastide_api'),
      BASTIDE_ACCOUNTS_KEY: await accountsKey(),
      ...(settings.acmeEmail ? { BASTIDE_PROVE_NAMES: 'always' } : {}),
    },
    migrate: migrateAs,
    prepareEdge: edge.prepare,
    edgeReady: edge.ready,
    report: status.report,
    log,
  }),
);

const db = openDatabase(system.database, 20);
const migrateAgain = async () => migrateAs(await addressOf('bastide_owner'));
await stage('recovery', () => recoverPlatform({ engine: node.engine, db, migrate: migrateAgain }, log));
await followDomain(db, settings.domain);
const audit = await needed(auditDeps({ db, settings }));
const mail = await mailDeps({ db, settings });
const keys = await needed(thisPlatformsKeys(db, settings));
const building = thisNodesBuilder(stacks, log);
const apps = await needed(appsDeps({ db, node, edge: edge.edge, stacks, keys: keys.keychain, building }));
const storage = projectStorage({ db, engine: node.engine, keys: keys.keychain });
const databases = databasesDeps({ apps, stacks, storage });
const vaults = { db, client: vaultClient, roots: keys.roots };
const access = {
  ...{ db, openid: makeOpenId(), roots: keys.roots, accountsKey: await accountsKey() },
  now: () => new Date(),
};
const { worker: edgeWorker, kinds: edgeKinds } = await needed(
  edgeDeps({ db, node, edge: edge.edge, settings, watch, log }),
);

await stage('project storage', async () => {
  const problems = await keepStorage(storage);
  if (isRefusal(problems)) return problems;
  for (const [project, problem] of problems) log(`storage of ${project}: ${problem}`);
});
const backups = await needed(backupsDeps({ databases, vaults }));
const gateways = gatewaysOf({
  databases,
  node,
  admitted,
  stacks,
  bundle: join(root, 'dist/gateway'),
  host: platformHost(settings),
  log,
});

const ssh = sshOf({
  db,
  node,
  admitted: admittedBySsh,
  stacks,
  bundle: join(root, 'dist/ssh'),
  host: platformHost(settings),
  log,
});

const vpn = vpnOf({ db, node, open: vpnOpen, log });

// What a killed predecessor left half-way: jails, mounts, cgroups.
await building.builder.sweep();
await stage('routes and certificates', async () => {
  const renewed = await edgeWorker.renew();
  return isRefusal(renewed) ? renewed : edgeWorker.sync();
});
const prober = () =>
  settings.controls
    ? startProber({ db, node, stacks, domain: settings.domain, bundle: join(root, 'dist/prober-image'), log })
    : node.engine.containerRemove(PROBER);
// The platform serves without it; upkeep tries again.
const probing = await prober();
if (isRefusal(probing)) log(`prober: ${probing.message}`);
status.report({ kind: 'ready' });
log('ready');

const wakers = new Set<() => void>();
const onError = (what: string, error: unknown): void =>
  logger.error({ what, error: error instanceof Error ? error.message : String(error) });
await Promise.all([
  listen(
    system.database,
    ['bastide_operations', 'bastide_routes'],
    (channel) => {
      if (channel === 'bastide_routes') watch.ring();
      else for (const wake of wakers) wake();
    },
    stop.signal,
  ),
  work({
    db,
    table: agentTable({
      access,
      apps,
      audit,
      edge: { kinds: edgeKinds, perform: edgeWorker.perform },
      gateways: { kinds: gateways.kinds, perform: gateways.worker.perform },
      ssh: { kinds: ssh.kinds, perform: ssh.worker.perform },
      keys,
      mail,
      stacks,
      terminals: terminalsDeps({ db, engine: node.engine }),
      databases,
      vaults,
      backups,
      storage,
      objects: { ...storage, provider: makeObjectStorage() },
      exports: exportsDeps({ databases, domain: settings.domain }),
      erasure: erasureDeps({ apps, keys, signer: backups.signer, domain: settings.domain }),
      controls: controlsDeps({ db, run: node.run, backups }),
    }),
    agent: hostname(),
    places: { changes: 6, streams: 32, kept: 3 },
    wake: (listener) => wakers.add(listener),
    onError: (error) => onError('operations', error),
    signal: stop.signal,
  }),
  ringOnEvents(node.engine, watch.ring, stop.signal),
  edgeWorker.follow(stop.signal),
  edgeWorker.keepCertificates(stop.signal),
  gateways.worker.keep(stop.signal),
  ssh.worker.keep(stop.signal),
  vpn.keep(stop.signal),
  upkeep(
    {
      access,
      apps,
      audit,
      mail,
      node,
      keys,
      databases,
      storage,
      vaults,
      backups,
      prober,
      watch,
      controls: settings.controls === true,
    },
    onError,
    stop.signal,
  ),
]);
await db.destroy();
await status.flushed();
