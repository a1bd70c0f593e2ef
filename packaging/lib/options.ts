import { parseArgs } from 'node:util';

/** The words after `npm start --`. */
export interface UpOptions {
  readonly json: boolean;
  /** Do not deploy the example app. */
  readonly bare: boolean;
  readonly domain: string | undefined;
  readonly acmeEmail: string | undefined;
  readonly acmeDirectory: string | undefined;
  /** TCP ports of the operator's own way in. */
  readonly operatorPorts: readonly number[] | undefined;
  /** Other programs' public ports may be closed by the firewall. */
  readonly closeOtherPorts: boolean;
  /** Print another one-time token for a sign-in from elsewhere. */
  readonly newToken: boolean;
  /** Make no vault on this machine. */
  readonly noVault: boolean;
  /** Start the prober, which makes canary projects and attacks them; undefined leaves it as it is. */
  readonly controls: boolean | undefined;
}

/** Throws a TypeError with the reason when there is a word that it does not know. */
export function parseUp(args: readonly string[]): UpOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      bare: { type: 'boolean', default: false },
      domain: { type: 'string' },
      'acme-email': { type: 'string' },
      'acme-directory': { type: 'string' },
      'operator-ports': { type: 'string' },
      'close-other-ports': { type: 'boolean', default: false },
      'new-token': { type: 'boolean', default: false },
      'no-vault': { type: 'boolean', default: false },
      controls: { type: 'boolean' },
      'no-controls': { type: 'boolean' },
    },
  });
  return {
    json: values.json,
    bare: values.bare,
    domain: values.domain,
    acmeEmail: values['acme-email'],
    acmeDirectory: values['acme-directory'],
    // What is no port is refused with the settings, which name the place.
    operatorPorts: values['operator-ports']?.split(',').filter(Boolean).map(Number),
    closeOtherPorts: values['close-other-ports'],
    newToken: values['new-token'],
    noVault: values['no-vault'],
    controls: values['no-controls'] ? false : values.controls,
  };
}

export interface DownOptions {
  readonly json: boolean;
  readonly purge: boolean;
  readonly yes: boolean;
}

export function parseDown(args: readonly string[]): DownOptions {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ args: [...args], options: { json: flag, purge: flag, yes: flag } });
  return values;
}

type Said = Pick<UpOptions, 'domain' | 'acmeEmail' | 'acmeDirectory' | 'operatorPorts' | 'controls'>;

/** What stands in the settings file after `npm start` was given these words; undefined where nothing changes. */
export function changedSettings(
  now: Readonly<Record<string, unknown>> | undefined,
  { domain, acmeEmail, acmeDirectory, operatorPorts, controls }: Said,
): Readonly<Record<string, unknown>> | undefined {
  const operator = operatorPorts && { ...(now?.operator as object | undefined), ports: operatorPorts };
  const given = Object.fromEntries(
    Object.entries({ domain, acmeEmail, acmeDirectory, operator, controls }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const next = { domain: 'localhost', ...now, ...given };
  return JSON.stringify(next) === JSON.stringify(now) ? undefined : next;
}
