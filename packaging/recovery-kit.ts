// npm run recovery-kit: all that brings this platform back elsewhere, as a file that a passphrase opens.
// npm run recovery-kit -- test FILE: whether it would.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { openKit, rootKeyIds, sealKit } from '../src/adapters/envelope/kit.ts';
import { keyId } from '../src/adapters/envelope/wrap.ts';
import { parseSettings } from '../src/capabilities/nodes/system/settings.ts';
import { isRefusal, type Outcome } from '../src/kernel/refusal.ts';
import { Secret } from '../src/kernel/secret.ts';
import { paths } from '../src/main/paths.ts';
import { compare, gather } from './lib/kit.ts';
import { noteKit, rootKeysHere } from './lib/kit-state.ts';
import { type KitOptions, lacksOf, parseKitArgs, passphraseFrom } from './lib/kit-words.ts';
import { failed, giveUp } from './lib/outcome.ts';
import { PLATFORM_KEY } from './lib/recover-words.ts';

const now = new Date();
const say = (line: string): void => console.log(line);

function needed<T>(outcome: Outcome<T>): T {
  if (isRefusal(outcome)) throw outcome;
  return outcome;
}

async function passphraseOf({ verb, stdin }: KitOptions): Promise<Secret> {
  if (stdin) return new Secret((await text(process.stdin)).trim());
  if (verb === 'make') return new Secret(passphraseFrom(randomBytes));
  if (!process.stdin.isTTY)
    throw failed(
      'kit_passphrase_missing',
      'No passphrase was given',
      'Add --passphrase-stdin and send it there.',
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question("\n  The kit's passphrase: ");
  terminal.close();
  return new Secret(answer.trim());
}

async function make(options: KitOptions): Promise<void> {
  const keys = await rootKeysHere();
  if (!keys)
    throw failed('kit_no_root_key', 'There is no root key here', 'Start the platform with: npm start');
  const settings = needed(parseSettings(await readFile(paths.settings, 'utf8').catch(() => '{}')));
  const kit = needed(await gather(keys, settings.domain, now));
  const passphrase = await passphraseOf(options);
  if (existsSync(options.file))
    throw failed(
      'kit_there_already',
      `${options.file} is there already`,
      'Nothing was made. Name another file: npm run recovery-kit -- FILE',
    );
  await writeFile(options.file, await sealKit(kit, passphrase), { mode: 0o600, flag: 'wx' });
  await noteKit({ madeAt: kit.madeAt, madeFor: keyId(keys.at(-1)!) });
  const { file, stdin } = options;
  if (options.json)
    return say(
      JSON.stringify({
        file,
        vaults: kit.vaults.length,
        ...(stdin ? {} : { passphrase: passphrase.reveal() }),
      }),
    );
  say(`\n  ${file}: ${keys.length} root keys, ${kit.vaults.length} vaults`);
  if (!stdin) say(`\n  Passphrase, shown this one time: ${passphrase.reveal()}`);
  say('\n  Copy the file off this machine, keep the passphrase in another place, then test both:');
  say(`    npm run recovery-kit -- test ${file}\n`);
}

async function check(options: KitOptions): Promise<void> {
  const content = await readFile(options.file, 'utf8').catch(() => undefined);
  if (content === undefined)
    throw failed('kit_not_found', `There is no file ${options.file}`, 'Look for it.');
  const kit = needed(await openKit(content, await passphraseOf(options)));
  const here = (await rootKeysHere())?.map(keyId) ?? [];
  const inKit = rootKeyIds(kit);
  const seen = here.length > 0 ? await compare(kit) : { vaultsHere: [], keysHere: 0, keysThatOpen: 0 };
  const vaultsInKit = kit.vaults.map(({ name }) => name);
  const platformKey = PLATFORM_KEY in kit.secrets;
  const lacks = lacksOf({ current: here.at(-1), here, inKit, vaultsInKit, platformKey, ...seen });
  if (lacks.length > 0)
    throw failed(
      'kit_incomplete',
      `The kit opens, but ${lacks.join('; ')}`,
      'Make a new one: npm run recovery-kit',
    );
  if (here.length > 0) await noteKit({ testedAt: now.toISOString(), testedFor: inKit.at(-1)! });
  if (options.json)
    return say(
      JSON.stringify({
        ok: true,
        madeAt: kit.madeAt,
        domain: kit.domain,
        rootKeys: inKit,
        vaults: vaultsInKit,
        ...seen,
      }),
    );
  say(`\n  The kit of ${kit.madeAt.slice(0, 10)} for ${kit.domain} opens.`);
  say(`  Root keys: ${inKit.join(', ')}. Vaults: ${vaultsInKit.join(', ') || 'none'}.`);
  say(
    here.length > 0
      ? `  It opens all ${seen.keysHere} project keys of this platform. Noted.\n`
      : '  There is no platform here to compare it with.\n',
  );
}

const options = parseKitArgs(process.argv.slice(2), now.toISOString().slice(0, 10));
try {
  if (!options)
    throw failed(
      'kit_usage',
      'Words that make no sense together',
      'Use: npm run recovery-kit [-- FILE], or: npm run recovery-kit -- test FILE. Also: --json, --passphrase-stdin',
    );
  await (options.verb === 'make' ? make(options) : check(options));
} catch (error) {
  giveUp(error, process.argv.includes('--json'));
}
