// npm run recover -- --kit FILE [--vault NAME]: this fresh machine becomes the platform that the kit is of.
// Puts the kit's secrets in place and says which vault to read; the next start brings everything back.
import { access, chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { type Kit, openKit } from '../src/adapters/envelope/kit.ts';
import { renderRootKeys } from '../src/adapters/envelope/root.ts';
import { isRefusal } from '../src/kernel/refusal.ts';
import { Secret } from '../src/kernel/secret.ts';
import { paths } from '../src/main/paths.ts';
import { failed, giveUp } from './lib/outcome.ts';
import { PLATFORM_KEY, parseRecoverArgs, type RecoverOptions, vaultOf } from './lib/recover-words.ts';

const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Whether something lives there; a disk that was mounted for it may be there already. */
const used = async (path: string): Promise<boolean> =>
  (await readdir(path).catch(() => [])).some((name) => name !== 'lost+found');

async function passphraseOf({ stdin }: RecoverOptions): Promise<Secret> {
  if (stdin) return new Secret((await text(process.stdin)).trim());
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question("\n  The kit's passphrase: ");
  terminal.close();
  return new Secret(answer.trim());
}

async function put(file: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, content, { mode: 0o600 });
  await chmod(file, 0o600);
}

/** A path of the kit, which never leads out of the secrets. */
function secretFile(name: string): string {
  const file = normalize(join(paths.secrets, name));
  if (!file.startsWith(`${paths.secrets}/`))
    throw failed('kit_damaged', `The kit names a file outside: ${name}`, 'Use the kit as it was made.');
  return file;
}

async function settle(kit: Kit, vault: Kit['vaults'][number]): Promise<void> {
  for (const [name, content] of Object.entries(kit.secrets))
    await put(secretFile(name), Buffer.from(content, 'base64'));
  const keys = kit.rootKeys.map((key) => Buffer.from(key, 'base64'));
  await put(join(paths.secrets, 'root.key'), renderRootKeys(keys));
  if (!(await there(paths.settings)))
    await put(paths.settings, `${JSON.stringify({ domain: kit.domain }, null, 2)}\n`);
  const { url, username, password, ca } = vault;
  await put(join(paths.config, 'recover.json'), JSON.stringify({ url, username, password, ca: ca ?? '' }));
}

const options = parseRecoverArgs(process.argv.slice(2));
try {
  if (!options)
    throw failed(
      'recover_usage',
      'Words that make no sense together',
      'Use: npm run recover -- --kit FILE [--vault NAME]. Also: --json, --passphrase-stdin',
    );
  if ((await used(paths.state)) || (await there(join(paths.secrets, 'root.key'))))
    throw failed(
      'recover_not_fresh',
      'There is a platform on this machine',
      'Use a fresh machine; or remove this one first: npm stop -- --purge',
    );
  const content = await readFile(options.kit, 'utf8').catch(() => undefined);
  if (content === undefined) throw failed('kit_not_found', `There is no file ${options.kit}`, 'Look for it.');
  const kit = await openKit(content, await passphraseOf(options));
  if (isRefusal(kit)) throw kit;
  if (!kit.secrets[PLATFORM_KEY])
    throw failed(
      'kit_incomplete',
      "The kit lacks the key of the platform's own backups: it was made before there were any",
      'Use a later kit.',
    );
  const vault = vaultOf(kit, options.vault);
  if (!vault)
    throw failed(
      'recover_no_vault',
      'The kit knows no such vault',
      `It knows: ${kit.vaults.map(({ name }) => name).join(', ') || 'none'}`,
    );
  await settle(kit, vault);
  if (options.json) console.log(JSON.stringify({ domain: kit.domain, vault: vault.name }));
  else {
    console.log(
      `\n  The secrets of ${kit.domain} are in place; everything else comes from the vault ${vault.name}.`,
    );
    console.log('  Now: npm start\n  Then see how far each project is: bastide operations\n');
  }
} catch (error) {
  giveUp(error, process.argv.includes('--json'));
}
