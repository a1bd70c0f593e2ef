import type { Engine } from '../../adapters/docker/port.ts';
import type { AccessDeps } from '../../capabilities/access/deps.ts';
import { keepKeys as keepCiKeys } from '../../capabilities/access/perform.ts';
import { watchGuesses } from '../../capabilities/access/upkeep.ts';
import type { AppsDeps } from '../../capabilities/apps/deps.ts';
import { dropOldChunks } from '../../capabilities/apps/store.ts';
import { healDrift, makeReplicaNotes, runDueCron } from '../../capabilities/apps/upkeep.ts';
import type { AuditDeps } from '../../capabilities/audit/deps.ts';
import { forwardAll } from '../../capabilities/audit/forward.ts';
import { retireOld } from '../../capabilities/audit/retention.ts';
import { keepSealed, publishAll, watchLog } from '../../capabilities/audit/upkeep.ts';
import type { BackupsDeps } from '../../capabilities/backups/deps.ts';
import { dropOldDownloads } from '../../capabilities/backups/perform/download.ts';
import type { Shipper } from '../../capabilities/backups/perform/ship.ts';
import {
  askRecoveries,
  runDueBackups,
  runDueChecks,
  watchOverdue,
} from '../../capabilities/backups/upkeep.ts';
import { endStaffAccess, watchReviews } from '../../capabilities/consent/upkeep.ts';
import { watchControls } from '../../capabilities/controls/upkeep.ts';
import type { DatabasesDeps } from '../../capabilities/databases/deps.ts';
import { watchDisk } from '../../capabilities/databases/disk.ts';
import { makeDatabaseUpkeep } from '../../capabilities/databases/upkeep.ts';
import { runDueErasures } from '../../capabilities/erasure/upkeep.ts';
import { dropOldExports } from '../../capabilities/exports/upkeep.ts';
import type { KeysDeps } from '../../capabilities/keys/deps.ts';
import { keepKeys } from '../../capabilities/keys/upkeep.ts';
import type { MailDeps } from '../../capabilities/mail/deps.ts';
import { dropOldLetters, sendLetters } from '../../capabilities/mail/upkeep.ts';
import type { NodeDeps } from '../../capabilities/nodes/deps.ts';
import { containers } from '../../capabilities/nodes/system/specs.ts';
import { keepRecordings } from '../../capabilities/terminals/upkeep.ts';
import type { VaultsDeps } from '../../capabilities/vaults/deps.ts';
import { watchVaults } from '../../capabilities/vaults/watch.ts';
import type { VolumesDeps } from '../../capabilities/volumes/deps.ts';
import { keepStorage, trimStorage } from '../../capabilities/volumes/upkeep.ts';
import type { Watch } from '../../engine/watch.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { paths } from '../paths.ts';

/** Looks in a row at which something was down; then the supervisor starts the agent anew, which brings all of it up. */
const DOWN = 3;

export interface Chore {
  readonly name: string;
  readonly everyMs: number;
  /** While nothing happens to containers and routes; the same unless told. */
  readonly idleMs?: number;
  readonly run: () => Promise<unknown>;
}

/** The engine, or a part of the platform in it, that does not run; undefined where all is well. */
export async function whatIsDown(engine: Pick<Engine, 'containers'>): Promise<string | undefined> {
  const found = await engine.containers({ 'bastide.project': 'system' });
  if (isRefusal(found)) return found.message;
  const running = new Set(found.filter(({ state }) => state === 'running').map(({ name }) => name));
  const missing = Object.values(containers).filter((name) => !running.has(name));
  return missing.length > 0 ? `${missing.join(', ')}: not running` : undefined;
}

async function tendStorage(
  storage: VolumesDeps,
  onError: (chore: string, error: unknown) => void,
): Promise<unknown> {
  const problems = await keepStorage(storage);
  if (isRefusal(problems)) return problems;
  for (const [project, problem] of problems) onError('storage', new Error(`${project}: ${problem}`));
}

async function tendDisk(
  databases: DatabasesDeps,
  onError: (chore: string, error: unknown) => void,
): Promise<void> {
  for (const [name, problem] of await watchDisk(databases)) onError('disk', new Error(`${name}: ${problem}`));
}

interface UpkeepDeps {
  readonly access: AccessDeps;
  readonly apps: AppsDeps;
  readonly audit: AuditDeps;
  readonly mail: MailDeps;
  readonly node: NodeDeps;
  readonly keys: KeysDeps;
  readonly databases: DatabasesDeps;
  /** The prober's container and its way in. */
  readonly prober: () => Promise<unknown>;
  /** Controls are switched on: the platform's own prober is wanted. */
  readonly controls: boolean;
  readonly vaults: VaultsDeps;
  readonly storage: VolumesDeps;
  readonly watch: Watch;
  readonly backups: BackupsDeps & { readonly shipper: Shipper };
}

/** What the agent does unasked, and how often. */
export function choresOf(
  deps: UpkeepDeps,
  onError: (chore: string, error: unknown) => void,
): readonly Chore[] {
  let down = 0;
  const watchPlatform = async (): Promise<void> => {
    const wrong = await whatIsDown(deps.node.engine);
    down = wrong ? down + 1 : 0;
    if (wrong) onError('platform', new Error(wrong));
    if (down >= DOWN) process.exit(1);
  };
  return [
    { name: 'platform', everyMs: 5_000, run: watchPlatform },
    { name: 'replicas', everyMs: 2_000, idleMs: 10_000, run: makeReplicaNotes(deps.apps) },
    { name: 'audit', everyMs: 1_000, run: () => keepSealed(deps.audit) },
    { name: 'witnesses', everyMs: 5_000, run: () => publishAll(deps.audit) },
    { name: 'audit forward', everyMs: 5_000, run: () => forwardAll(deps.audit) },
    { name: 'audit retention', everyMs: 6 * 3_600_000, run: () => retireOld(deps.audit) },
    { name: 'audit check', everyMs: 6 * 3_600_000, run: () => watchLog(deps.audit) },
    { name: 'mail', everyMs: 5_000, run: () => sendLetters(deps.mail) },
    { name: 'letters', everyMs: 6 * 3_600_000, run: () => dropOldLetters(deps.mail) },
    { name: 'cron', everyMs: 10_000, run: () => runDueCron(deps.apps.db, new Date()) },
    { name: 'ci keys', everyMs: 30_000, run: () => keepCiKeys(deps.access) },
    { name: 'guesses', everyMs: 30_000, run: () => watchGuesses(deps.apps.db, new Date()) },
    { name: 'drift', everyMs: 15_000, run: () => healDrift(deps.apps) },
    { name: 'databases', everyMs: 10_000, run: makeDatabaseUpkeep(deps.databases) },
    { name: 'disk', everyMs: 30_000, run: () => tendDisk(deps.databases, onError) },
    { name: 'firewall', everyMs: 10_000, run: () => deps.node.ensureFirewall() },
    { name: 'vaults', everyMs: 30_000, run: () => watchVaults(deps.vaults) },
    { name: 'prober', everyMs: 60_000, run: deps.prober },
    { name: 'controls', everyMs: 60_000, run: () => watchControls(deps.apps.db, new Date(), deps.controls) },
    { name: 'wal', everyMs: 20_000, run: () => deps.backups.shipper.shipAll() },
    { name: 'backups', everyMs: 60_000, run: () => runDueBackups(deps.backups) },
    { name: 'recoveries', everyMs: 60_000, run: () => askRecoveries(deps.backups) },
    { name: 'checks', everyMs: 600_000, run: () => runDueChecks(deps.backups) },
    { name: 'overdue', everyMs: 600_000, run: () => watchOverdue(deps.backups) },
    {
      name: 'recordings',
      everyMs: 600_000,
      run: () => keepRecordings({ db: deps.apps.db, recordings: paths.recordings }),
    },
    { name: 'erasures', everyMs: 60_000, run: () => runDueErasures(deps.apps.db, new Date()) },
    {
      name: 'exports',
      everyMs: 600_000,
      run: () => dropOldExports({ db: deps.apps.db, dir: paths.exports }, new Date()),
    },
    { name: 'downloads', everyMs: 600_000, run: () => dropOldDownloads(deps.backups) },
    { name: 'staff access', everyMs: 5_000, run: () => endStaffAccess(deps.apps.db) },
    { name: 'staff reviews', everyMs: 3_600_000, run: () => watchReviews(deps.apps.db) },
    { name: 'keys', everyMs: 300_000, run: () => keepKeys(deps.keys, Date.now()) },
    { name: 'storage', everyMs: 30_000, run: () => tendStorage(deps.storage, onError) },
    { name: 'trim', everyMs: 24 * 3_600_000, run: () => trimStorage(deps.storage) },
    { name: 'streams', everyMs: 60_000, run: () => dropOldChunks(deps.apps.db) },
  ];
}

/** Does every chore at its own pace; one that fails is tried again next time. */
export function upkeep(
  deps: UpkeepDeps,
  onError: (chore: string, error: unknown) => void,
  signal: AbortSignal,
): Promise<unknown> {
  const tend = async ({ name, everyMs, idleMs, run }: Chore): Promise<void> => {
    while (!signal.aborted) {
      const outcome = await run().catch((error: unknown) => error);
      if (outcome instanceof Error || isRefusal(outcome)) onError(name, outcome);
      await (idleMs === undefined ? sleep(everyMs, signal) : deps.watch.pause(everyMs, idleMs, signal));
    }
  };
  return Promise.all(choresOf(deps, onError).map(tend));
}
