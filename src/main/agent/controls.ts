import { readdir, readFile, stat } from 'node:fs/promises';
import type { Kysely } from 'kysely';
import type { Runner } from '../../adapters/exec/port.ts';
import { hashToken, newToken } from '../../capabilities/access/tokens.ts';
import type { BackupsDeps } from '../../capabilities/backups/deps.ts';
import type { ControlsDeps, Place } from '../../capabilities/controls/deps.ts';
import { flushFailed } from '../../capabilities/controls/errors.ts';
import { addOwnEnrolment, ownProbers } from '../../capabilities/controls/store.ts';
import { observeFirewall } from '../../capabilities/network/observe.ts';
import { planFirewall } from '../../capabilities/network/plan.ts';
import type { NodeDeps } from '../../capabilities/nodes/deps.ts';
import { nodeSettings } from '../../capabilities/nodes/settings.ts';
import { bringUpProber, giveEnrolment, proberStateFile } from '../../capabilities/nodes/system/prober.ts';
import type { Stacks } from '../../capabilities/stacks/perform.ts';
import { storagePath, storagePlace } from '../../capabilities/volumes/model.ts';
import type { Database } from '../../db/schema.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { paths } from '../paths.ts';
import { platformPki } from './deps.ts';
import { vaultAttacks } from './vault-attacks.ts';

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Swap areas in use, from /proc/swaps. */
const swaps = (text: string): string[] =>
  text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/)[0] ?? '')
    .filter((path) => path.startsWith('/'));

/** What every process was started with and in which environment. */
async function processes(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
}

/** Everything that this machine keeps. The unlocked tree is there to show that the search sees. */
export async function machinePlaces(projectId: string): Promise<Place[]> {
  const places: Place[] = [
    { place: 'unlocked', paths: [storagePath(projectId, '')] },
    { place: 'project-image', paths: [storagePlace(projectId).image] },
    { place: 'platform-image', paths: [storagePlace('system').image] },
    // Layers of containers, their logs, the swarm's own state.
    { place: 'engine', paths: [paths.engineRoot, paths.containerdRoot] },
    { place: 'platform-database', paths: [paths.postgresData] },
    { place: 'registry', paths: [paths.registryData] },
    { place: 'uploads-and-builds', paths: [paths.uploads, paths.builds] },
    { place: 'configuration', paths: [paths.config, paths.edge, paths.certificates] },
    { place: 'logs', paths: [paths.log, '/var/log'] },
    { place: 'vault', paths: ['/var/lib/bastide-vault'] },
    { place: 'swap', paths: swaps(await readFile('/proc/swaps', 'utf8').catch(() => '')) },
    { place: 'processes', paths: await processes() },
  ];
  const there = await Promise.all(
    places.map(async ({ place, paths: all }) => ({
      place,
      paths:
        place === 'processes'
          ? all
          : (await Promise.all(all.map(async (one) => ((await exists(one)) ? one : '')))).filter(Boolean),
    })),
  );
  return there.filter(({ place, paths: left }) => left.length > 0 || place === 'project-image');
}

/** What looks at this machine work with. */
export const controlsDeps = (parts: {
  readonly db: Kysely<Database>;
  readonly run: Runner;
  readonly backups: BackupsDeps;
}): ControlsDeps => ({
  ...vaultAttacks(parts.backups),
  db: parts.db,
  places: machinePlaces,
  async flush(projectId) {
    const ran = await parts.run.run({ argv: ['sync', '-f', storagePath(projectId, '')] });
    if (isRefusal(ran)) return ran;
    return ran.code === 0 ? undefined : flushFailed(ran.stderr.trim());
  },
});

/** Days that the own prober has for its first start. */
const ENROLMENT_MS = 86_400_000;

/** A token for a prober of ours that has none: at the first start, and after its state or the database was lost. */
export async function keepEnrolled(db: Kysely<Database>): Promise<void> {
  if ((await exists(proberStateFile)) && (await ownProbers(db)) > 0) return;
  const token = newToken('bsp').reveal();
  await addOwnEnrolment(db, hashToken(token), new Date(Date.now() + ENROLMENT_MS));
  await giveEnrolment(token);
}

/** The platform's own prober, in its container. A platform without one serves all the same. */
export async function startProber(parts: {
  readonly db: Kysely<Database>;
  readonly node: NodeDeps;
  readonly stacks: Stacks;
  readonly domain: string;
  readonly bundle: string;
  readonly log: (line: string) => void;
}): Promise<Outcome<void>> {
  const { db, node, stacks, domain, bundle, log } = parts;
  const facts = await observeFirewall(node.run, { subnet: nodeSettings.internalSubnet, interfaces: ['lo'] });
  if (isRefusal(facts)) return facts;
  const [address] = planFirewall(facts).edgeAddresses.filter((one) => !one.includes(':'));
  if (address === undefined) return undefined;
  const root = await platformPki.root();
  if (isRefusal(root)) return root;
  const stack = await stacks.ensure('node', log);
  if (isRefusal(stack)) return stack;
  const started = await bringUpProber(node.engine, stack, {
    domain,
    address,
    ca: root.certificate,
    bundle,
  });
  if (isRefusal(started)) return started;
  return keepEnrolled(db).then(() => undefined);
}
