import type { Kit } from '../../src/adapters/envelope/kit.ts';

/** Of the kit's secrets the one without which nothing comes back. */
export const PLATFORM_KEY = 'platform-backup.key';

export interface RecoverOptions {
  readonly kit: string;
  /** Name or address of the vault; the kit's first unless told. */
  readonly vault: string | undefined;
  readonly json: boolean;
  readonly stdin: boolean;
}

/** `npm run recover -- --kit FILE [--vault NAME]`; undefined where the words make no sense. */
export function parseRecoverArgs(args: readonly string[]): RecoverOptions | undefined {
  const options: { kit?: string; vault?: string; json: boolean; stdin: boolean } = {
    json: false,
    stdin: false,
  };
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i];
    if (word === '--json') options.json = true;
    else if (word === '--passphrase-stdin') options.stdin = true;
    else if ((word === '--kit' || word === '--vault') && args[i + 1]) {
      options[word === '--kit' ? 'kit' : 'vault'] = args[i + 1]!;
      i += 1;
    } else return undefined;
  }
  const { kit, vault, json, stdin } = options;
  return kit === undefined ? undefined : { kit, vault, json, stdin };
}

/** The vault of a kit that is meant: by name or address; a vault elsewhere before one that was on the lost machine. */
export function vaultOf(kit: Kit, wanted: string | undefined): Kit['vaults'][number] | undefined {
  if (wanted !== undefined)
    return kit.vaults.find(({ name, url }) => name === wanted || url === wanted.replace(/\/$/, ''));
  return kit.vaults.find(({ place }) => place === 'elsewhere') ?? kit.vaults[0];
}
