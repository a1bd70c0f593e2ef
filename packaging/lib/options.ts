import { parseArgs } from 'node:util';

/** The words after `npm start --`. */
export interface UpOptions {
  readonly json: boolean;
  /** Do not deploy the example app. */
  readonly bare: boolean;
  readonly domain: string | undefined;
  readonly acmeEmail: string | undefined;
  readonly acmeDirectory: string | undefined;
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
    },
  });
  return {
    json: values.json,
    bare: values.bare,
    domain: values.domain,
    acmeEmail: values['acme-email'],
    acmeDirectory: values['acme-directory'],
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

/** What stands in the settings file after `npm start` was given these words; undefined where nothing changes. */
export function changedSettings(
  now: Readonly<Record<string, unknown>> | undefined,
  { domain, acmeEmail, acmeDirectory }: Pick<UpOptions, 'domain' | 'acmeEmail' | 'acmeDirectory'>,
): Readonly<Record<string, unknown>> | undefined {
  const given = Object.fromEntries(
    Object.entries({ domain, acmeEmail, acmeDirectory }).filter(([, value]) => value !== undefined),
  );
  const next = { domain: 'localhost', ...now, ...given };
  return JSON.stringify(next) === JSON.stringify(now) ? undefined : next;
}
