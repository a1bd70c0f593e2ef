import { commands as access } from '../capabilities/access/cli.ts';
import { commands as apps } from '../capabilities/apps/cli.ts';
import { commands as audit } from '../capabilities/audit/cli.ts';
import { commands as backups } from '../capabilities/backups/cli.ts';
import { commands as consent } from '../capabilities/consent/cli.ts';
import { commands as controls } from '../capabilities/controls/cli.ts';
import { commands as databases } from '../capabilities/databases/cli.ts';
import { commands as edge } from '../capabilities/edge/cli.ts';
import { commands as erasure } from '../capabilities/erasure/cli.ts';
import { commands as exports } from '../capabilities/exports/cli.ts';
import { commands as gateways } from '../capabilities/gateways/cli.ts';
import { commands as keys } from '../capabilities/keys/cli.ts';
import { commands as mail } from '../capabilities/mail/cli.ts';
import { commands as objects } from '../capabilities/objects/cli.ts';
import { commands as organizations } from '../capabilities/organizations/cli.ts';
import { commands as quotas } from '../capabilities/quotas/cli.ts';
import { commands as ssh } from '../capabilities/ssh/cli.ts';
import { commands as stacks } from '../capabilities/stacks/cli.ts';
import { commands as terminals } from '../capabilities/terminals/cli.ts';
import { commands as vaults } from '../capabilities/vaults/cli.ts';
import { commands as volumes } from '../capabilities/volumes/cli.ts';
import { commands as vpn } from '../capabilities/vpn/cli.ts';
import type { CommandRow } from './command.ts';
import { commands as operations } from './commands/operations.ts';

/** The CLI's table of contents: every command there is. */
export const commandTable: readonly CommandRow[] = [
  ...access,
  ...organizations,
  ...quotas,
  ...consent,
  ...keys,
  ...erasure,
  ...exports,
  ...apps,
  ...databases,
  ...edge,
  ...gateways,
  ...ssh,
  ...operations,
  ...audit,
  ...terminals,
  ...backups,
  ...stacks,
  ...vaults,
  ...volumes,
  ...objects,
  ...vpn,
  ...mail,
  ...controls,
];
