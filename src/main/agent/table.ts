import type { AccessDeps } from '../../capabilities/access/deps.ts';
import { accessKinds } from '../../capabilities/access/kinds.ts';
import { performAccess } from '../../capabilities/access/perform.ts';
import type { AppsDeps } from '../../capabilities/apps/deps.ts';
import { appsKinds } from '../../capabilities/apps/kinds.ts';
import { makeAppsPerform } from '../../capabilities/apps/perform.ts';
import type { AuditDeps } from '../../capabilities/audit/deps.ts';
import { auditKinds } from '../../capabilities/audit/kinds.ts';
import { performAudit } from '../../capabilities/audit/perform.ts';
import type { BackupsDeps } from '../../capabilities/backups/deps.ts';
import { backupsKinds } from '../../capabilities/backups/kinds.ts';
import { makeBackupsPerform } from '../../capabilities/backups/perform.ts';
import type { ControlsDeps } from '../../capabilities/controls/deps.ts';
import { controlsKinds } from '../../capabilities/controls/observe.ts';
import { performControls } from '../../capabilities/controls/perform.ts';
import type { DatabasesDeps } from '../../capabilities/databases/deps.ts';
import { databasesKinds } from '../../capabilities/databases/kinds.ts';
import { makeDatabasesPerform } from '../../capabilities/databases/perform.ts';
import type { ErasureDeps } from '../../capabilities/erasure/deps.ts';
import { erasureKinds } from '../../capabilities/erasure/kinds.ts';
import { performErasure } from '../../capabilities/erasure/perform.ts';
import type { ExportsDeps } from '../../capabilities/exports/deps.ts';
import { exportsKinds, performExports } from '../../capabilities/exports/kinds.ts';
import type { KeysDeps } from '../../capabilities/keys/deps.ts';
import { keysKinds } from '../../capabilities/keys/kinds.ts';
import { performKeys } from '../../capabilities/keys/perform.ts';
import type { MailDeps } from '../../capabilities/mail/deps.ts';
import { mailKinds, performMail } from '../../capabilities/mail/perform.ts';
import { makeNetworkPerform } from '../../capabilities/network/perform.ts';
import type { ObjectsDeps } from '../../capabilities/objects/deps.ts';
import { objectsKinds } from '../../capabilities/objects/kinds.ts';
import { makeObjectsPerform } from '../../capabilities/objects/perform.ts';
import { EnsureStack } from '../../capabilities/stacks/model.ts';
import type { Stacks } from '../../capabilities/stacks/perform.ts';
import type { TerminalsDeps } from '../../capabilities/terminals/deps.ts';
import { terminalsKinds } from '../../capabilities/terminals/kinds.ts';
import { performTerminals } from '../../capabilities/terminals/perform.ts';
import type { VaultsDeps } from '../../capabilities/vaults/deps.ts';
import { vaultsKinds } from '../../capabilities/vaults/kinds.ts';
import { makeVaultsPerform } from '../../capabilities/vaults/perform.ts';
import type { VolumesDeps } from '../../capabilities/volumes/deps.ts';
import { volumesKinds } from '../../capabilities/volumes/kinds.ts';
import { makeVolumesPerform } from '../../capabilities/volumes/perform.ts';
import type { OperationKind, Perform, Table } from '../../engine/capability.ts';
import { isRefusal } from '../../kernel/refusal.ts';

export interface TableDeps {
  readonly access: AccessDeps;
  readonly apps: AppsDeps;
  readonly audit: AuditDeps;
  readonly edge: { readonly kinds: readonly OperationKind[]; readonly perform: Perform };
  readonly gateways: { readonly kinds: readonly OperationKind[]; readonly perform: Perform };
  readonly ssh: { readonly kinds: readonly OperationKind[]; readonly perform: Perform };
  readonly keys: KeysDeps;
  readonly mail: MailDeps;
  readonly databases: DatabasesDeps;
  readonly storage: VolumesDeps;
  readonly objects: ObjectsDeps;
  readonly stacks: Stacks;
  readonly terminals: TerminalsDeps;
  readonly vaults: VaultsDeps;
  readonly backups: BackupsDeps;
  readonly controls: ControlsDeps;
  readonly erasure: ErasureDeps;
  readonly exports: ExportsDeps;
}

/** Makes a stack on this node, with its building as the operation's log. */
const performStacks =
  (stacks: Stacks): Perform =>
  async (step, context) => {
    const { name } = EnsureStack.parse(step.input);
    const made = await stacks.ensure(name, (line) => context.log(line, 'stack'));
    return isRefusal(made) ? made : undefined;
  };

/** The agent's table of contents: every operation that it carries out, and who performs which steps. */
export function agentTable({
  access,
  apps,
  audit,
  edge,
  gateways,
  ssh,
  keys,
  mail,
  stacks,
  terminals,
  vaults,
  backups,
  databases,
  storage,
  objects,
  controls,
  erasure,
  exports,
}: TableDeps): Table {
  const network = makeNetworkPerform({ engine: apps.engine });
  const kinds: OperationKind[] = [
    ...accessKinds(access),
    ...appsKinds(apps),
    ...auditKinds(audit),
    ...edge.kinds,
    ...gateways.kinds,
    ...ssh.kinds,
    ...keysKinds(keys),
    ...mailKinds(mail),
    ...databasesKinds(databases),
    ...volumesKinds(storage),
    ...objectsKinds(objects),
    ...terminalsKinds(terminals),
    ...vaultsKinds(vaults),
    ...backupsKinds(backups),
    ...controlsKinds(controls.db),
    ...erasureKinds(erasure),
    ...exportsKinds(exports),
  ];
  return {
    kinds: new Map(kinds.map((kind) => [kind.kind, kind])),
    performers: new Map<string, Perform>([
      ['access', performAccess(access)],
      ['apps', makeAppsPerform(apps)],
      ['audit', performAudit(audit)],
      ['edge', edge.perform],
      ['gateways', gateways.perform],
      ['ssh', ssh.perform],
      ['network', (step) => network.perform(step)],
      ['stacks', performStacks(stacks)],
      ['keys', performKeys(keys)],
      ['mail', performMail(mail)],
      ['databases', makeDatabasesPerform(databases)],
      ['volumes', makeVolumesPerform(storage)],
      ['objects', makeObjectsPerform(objects)],
      ['terminals', performTerminals(terminals)],
      ['vaults', makeVaultsPerform(vaults)],
      ['backups', makeBackupsPerform(backups)],
      ['controls', performControls(controls)],
      ['erasure', performErasure(erasure)],
      ['exports', performExports(exports)],
    ]),
  };
}
