import { Refusal } from '../../kernel/refusal.ts';

const words = { postgres: 'PostgreSQL', mysql: 'MySQL' } as const;
type Gateway = keyof typeof words;
const family = { postgres: 'pg', mysql: 'mysql' } as const;

export const sourceInvalid = (source: string) =>
  new Refusal(
    'grant_source_invalid',
    `Nobody outside has the address ${source}`,
    'Give the one public address that you come from, for example --from 203.0.113.7.',
  );

export const grantDatabaseNotFound = (gateway: Gateway, name: string | null) =>
  new Refusal(
    'grant_database_not_found',
    name === null
      ? `The project has no ${words[gateway]} database that is ready`
      : `The project has no ${words[gateway]} database ${name} that is ready`,
    `List its databases with: bastide ${family[gateway]}:info`,
  );

export const grantDatabaseAmbiguous = (names: readonly string[]) =>
  new Refusal(
    'grant_database_ambiguous',
    `The project has several: ${names.join(', ')}`,
    'Say which with --database.',
  );

export const grantLimit = (most: number) =>
  new Refusal(
    'grant_limit',
    `The project has ${most} open grants, which is the most there may be`,
    'Close one first: bastide grants lists them.',
  );

export const grantNotFound = () =>
  new Refusal('grant_not_found', 'The project has no such grant', 'List them with: bastide grants');

export const grantOver = () =>
  new Refusal('grant_over', 'The grant has ended before it was open', 'Ask for another one.');

export const grantInvalid = (what: string) =>
  new Refusal('grant_invalid', `The grant is not one that may be opened: ${what}`, 'Ask for another one.');

export const grantForInvalid = (text: string) =>
  new Refusal(
    'grant_for_invalid',
    `${text} is no time between one minute and one day`,
    'Write it as --for 30m, --for 1h or --for 2h30m.',
  );

export const gatewayDatabaseDown = (name: string) =>
  new Refusal(
    'gateway_database_down',
    `The database ${name} does not run`,
    'See what it is about with pg:info; what is open is closed to the outside in any case.',
  );

export const gatewayStepUnknown = (kind: string) =>
  new Refusal('gateway_step_unknown', `Gateways know no step ${kind}`, 'Report it with the operation id.');

export const gatewayCertificateMissing = (host: string) =>
  new Refusal(
    'gateway_certificate_missing',
    `There is no certificate for ${host} yet`,
    'Try again in a minute; bastide domains says why it takes long.',
  );
