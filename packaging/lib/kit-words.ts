/** Letters and digits that nobody confuses when reading them from paper. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 8;
const LETTERS = 4;

/** A passphrase of 158 bits from random bytes; a byte that would favour some letters is skipped. */
export function passphraseFrom(random: (bytes: number) => Uint8Array): string {
  const letters: string[] = [];
  const fair = 256 - (256 % ALPHABET.length);
  while (letters.length < GROUPS * LETTERS)
    for (const byte of random(64))
      if (byte < fair && letters.length < GROUPS * LETTERS) letters.push(ALPHABET[byte % ALPHABET.length]!);
  return Array.from({ length: GROUPS }, (_, i) =>
    letters.slice(i * LETTERS, (i + 1) * LETTERS).join(''),
  ).join('-');
}

export interface KitOptions {
  readonly verb: 'make' | 'test';
  readonly file: string;
  readonly json: boolean;
  /** The passphrase comes on standard input instead of from a person. */
  readonly stdin: boolean;
}

/** `npm run recovery-kit [-- FILE]` and `npm run recovery-kit -- test FILE`; undefined where the words make no sense. */
export function parseKitArgs(args: readonly string[], today: string): KitOptions | undefined {
  const flags = new Set(args.filter((arg) => arg.startsWith('--')));
  const words = args.filter((arg) => !arg.startsWith('--'));
  const known = ['--json', '--passphrase-stdin'];
  if ([...flags].some((flag) => !known.includes(flag))) return undefined;
  const common = { json: flags.has('--json'), stdin: flags.has('--passphrase-stdin') };
  if (words[0] === 'test') {
    const [, file, more] = words;
    return file !== undefined && more === undefined ? { verb: 'test', file, ...common } : undefined;
  }
  const [file = `bastide-recovery-kit-${today}.txt`, more] = words[0] === 'make' ? words.slice(1) : words;
  return more === undefined ? { verb: 'make', file, ...common } : undefined;
}

export interface KitComparison {
  readonly current: string | undefined;
  readonly here: readonly string[];
  readonly inKit: readonly string[];
  readonly vaultsHere: readonly string[];
  readonly vaultsInKit: readonly string[];
  readonly keysHere: number;
  readonly keysThatOpen: number;
  /** Whether the key of the platform's own backups is in the kit. */
  readonly platformKey: boolean;
}

/** What a kit lacks to bring this platform back; empty: nothing. */
export function lacksOf(seen: KitComparison): string[] {
  const lacks: string[] = [];
  if (seen.current !== undefined && seen.inKit.at(-1) !== seen.current)
    lacks.push('it was made before the root key was rotated');
  const missing = seen.here.filter((id) => !seen.inKit.includes(id));
  if (missing.length > 0) lacks.push(`it lacks root key ${missing.join(', ')}`);
  const vaults = seen.vaultsHere.filter((name) => !seen.vaultsInKit.includes(name));
  if (vaults.length > 0) lacks.push(`it does not know the vault ${vaults.join(', ')}`);
  if (!seen.platformKey) lacks.push("it lacks the key of the platform's own backups");
  if (seen.keysThatOpen < seen.keysHere)
    lacks.push(`it opens ${seen.keysThatOpen} of ${seen.keysHere} project keys`);
  return lacks;
}
