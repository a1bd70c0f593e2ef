import type { Control } from './contract/control.ts';
import backupAge from './data/backup-age/control.ts';
import canaryHunt from './data/canary-hunt/control.ts';
import databasePorts from './data/database-ports/control.ts';
import erasure from './data/erasure/control.ts';
import foreignKey from './data/foreign-key/control.ts';
import keyRotation from './data/key-rotation/control.ts';
import neighbourCredentials from './data/neighbour-credentials/control.ts';
import restoreEachVault from './data/restore-each-vault/control.ts';
import tenantSuperuser from './data/tenant-superuser/control.ts';
import vaultAppendOnly from './data/vault-append-only/control.ts';
import verificationAge from './data/verification-age/control.ts';
import databaseGrant from './edge/database-grant/control.ts';
import httpsByDefault from './edge/https-by-default/control.ts';
import onlyEdgePorts from './edge/only-edge-ports/control.ts';
import ownPages from './edge/own-pages/control.ts';
import securityHeaders from './edge/security-headers/control.ts';
import sshEntry from './edge/ssh-entry/control.ts';
import tlsPolicy from './edge/tls-policy/control.ts';
import hostServices from './network/host-services/control.ts';
import neighbours from './network/neighbours/control.ts';
import operators from './network/operators/control.ts';
import auditLog from './platform/audit-log/control.ts';
import canaries from './platform/canaries/control.ts';
import credentials from './platform/credentials/control.ts';
import guessing from './platform/guessing/control.ts';
import permissions from './platform/permissions/control.ts';
import staffAccess from './platform/staff-access/control.ts';

/** The prober's table of contents: every control there is. The canaries come first: the others attack them. */
export const controls: readonly Control[] = [
  canaries,
  neighbourCredentials,
  tenantSuperuser,
  databasePorts,
  canaryHunt,
  keyRotation,
  backupAge,
  foreignKey,
  vaultAppendOnly,
  verificationAge,
  restoreEachVault,
  erasure,
  onlyEdgePorts,
  databaseGrant,
  httpsByDefault,
  tlsPolicy,
  securityHeaders,
  ownPages,
  sshEntry,
  neighbours,
  hostServices,
  operators,
  auditLog,
  staffAccess,
  permissions,
  credentials,
  guessing,
];
