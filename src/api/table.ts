import { z } from 'zod';
import { accessRoutes } from '../capabilities/access/routes.ts';
import type { AppsSettings } from '../capabilities/apps/routes/common.ts';
import { appsRoutes } from '../capabilities/apps/routes.ts';
import { auditRoutes } from '../capabilities/audit/routes.ts';
import { auditPolicyRoutes } from '../capabilities/audit/routes-policy.ts';
import { downloadRoutes } from '../capabilities/backups/routes/downloads.ts';
import { rotateRoutes } from '../capabilities/backups/routes/rotate.ts';
import { showRoutes } from '../capabilities/backups/routes/show.ts';
import { backupsRoutes } from '../capabilities/backups/routes.ts';
import { consentRoutes } from '../capabilities/consent/routes.ts';
import { controlsRoutes } from '../capabilities/controls/routes.ts';
import { databaseRoutes } from '../capabilities/databases/routes.ts';
import { edgeRoutes } from '../capabilities/edge/routes.ts';
import { erasureRoutes } from '../capabilities/erasure/routes.ts';
import { exportsRoutes } from '../capabilities/exports/routes.ts';
import { gatewayRoutes } from '../capabilities/gateways/routes.ts';
import { keysRoutes } from '../capabilities/keys/routes.ts';
import { mailRoutes } from '../capabilities/mail/routes.ts';
import { objectsRoutes } from '../capabilities/objects/routes.ts';
import { organizationRoutes } from '../capabilities/organizations/routes.ts';
import { quotaRoutes } from '../capabilities/quotas/routes.ts';
import { sshRoutes } from '../capabilities/ssh/routes.ts';
import { stackRoutes } from '../capabilities/stacks/routes.ts';
import { terminalRoutes } from '../capabilities/terminals/routes.ts';
import { vaultRoutes } from '../capabilities/vaults/routes.ts';
import { volumeRoutes } from '../capabilities/volumes/routes.ts';
import { vpnRoutes } from '../capabilities/vpn/routes.ts';
import type { Secret } from '../kernel/secret.ts';
import { paths, VPN } from '../main/paths.ts';
import { healthRoute } from './health.ts';
import { renderOpenApi } from './openapi.ts';
import { operationRoutes } from './operations/routes.ts';
import { admission, invitationTokens, sshTokens } from './probers.ts';
import { publicRoute, type Row } from './route.ts';

/** What may be asked without signing in. A test counts them. */
export const PUBLIC: ReadonlySet<string> = new Set([
  'health',
  'bootstrapSession',
  'signIn',
  'startPasskeySignIn',
  'signInWithPasskey',
  'joinWithInvitation',
  'recoverAccount',
  'startDeviceLogin',
  'finishDeviceLogin',
  'listSsoProviders',
  'startSsoSignIn',
  'answerSso',
  'finishSsoSignIn',
  'exchangeCiToken',
  'enrolProber',
  'beginSshSession',
  'openApi',
]);

/** What the routes are told by the program that serves them. */
export type Settings = AppsSettings & {
  /** Where finished exports and downloads are; the agent's place for them unless told. */
  readonly exports?: string;
  /** Which names need a record in their zone: those that another organization has or had, unless told. */
  readonly proof?: 'contested' | 'always';
  /** 256 bits, base64url: what authenticator apps' seeds are kept under. Without it there are no authenticator apps. */
  readonly accountsKey?: Secret | undefined;
};

/** The API's table of contents: every route there is. */
export function routeTable(settings: Settings): Row[] {
  const rows: Row[] = [
    healthRoute,
    ...accessRoutes({ domain: settings.domain, accountsKey: settings.accountsKey }),
    ...organizationRoutes(invitationTokens),
    ...quotaRoutes,
    ...consentRoutes,
    ...keysRoutes,
    ...erasureRoutes,
    ...exportsRoutes({ exports: settings.exports ?? paths.exports }),
    ...appsRoutes(settings),
    ...databaseRoutes,
    ...edgeRoutes(settings),
    ...gatewayRoutes(settings),
    ...sshRoutes({ domain: settings.domain, sshTokens }),
    ...operationRoutes,
    ...auditRoutes,
    ...auditPolicyRoutes,
    ...terminalRoutes,
    ...backupsRoutes,
    ...rotateRoutes,
    ...showRoutes,
    ...downloadRoutes({ exports: settings.exports ?? paths.exports }),
    ...stackRoutes,
    ...vaultRoutes,
    ...volumeRoutes,
    ...objectsRoutes(settings),
    ...vpnRoutes({ host: `bastide.${settings.domain}`, address: VPN.address, port: VPN.port }),
    ...mailRoutes,
    ...controlsRoutes(admission),
  ];
  const document = renderOpenApi(rows);
  return [
    ...rows,
    publicRoute({
      method: 'GET',
      path: '/openapi.json',
      operationId: 'openApi',
      permission: 'public',
      summary: 'This API as an OpenAPI 3.1 document',
      response: z.record(z.string(), z.unknown()),
      handler: async () => document,
    }),
  ];
}
