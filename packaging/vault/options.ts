import { parseArgs } from 'node:util';

/** The words after `npm start -- --role vault`. */
export interface VaultOptions {
  readonly json: boolean;
  /** How platforms reach this machine: addresses or names, the first is in the printed line. */
  readonly address: readonly string[];
  readonly port: number | undefined;
  /** Where the objects go: another disk may be mounted there. */
  readonly data: string | undefined;
  readonly retentionDays: number | undefined;
  /** What one platform may add in a day, in GiB. */
  readonly dailyGib: number | undefined;
}

const number = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`${text} is no number from 1`);
  return value;
};

/** Throws a TypeError with the reason when there is a word that it does not know. */
export function parseVault(args: readonly string[]): VaultOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      role: { type: 'string' },
      json: { type: 'boolean', default: false },
      address: { type: 'string', multiple: true },
      'vault-port': { type: 'string' },
      'vault-data': { type: 'string' },
      'retention-days': { type: 'string' },
      'daily-gib': { type: 'string' },
    },
  });
  return {
    json: values.json,
    address: values.address ?? [],
    port: number(values['vault-port']),
    data: values['vault-data'],
    retentionDays: number(values['retention-days']),
    dailyGib: number(values['daily-gib']),
  };
}
