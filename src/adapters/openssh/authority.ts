import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '../../kernel/command.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { publicKeyLine } from '../../kernel/ssh-key.ts';
import type { Runner } from '../exec/port.ts';
import { convertKey, describeKey, makeKey, makeRevocations, signHost, signUser } from './commands.ts';
import { filesUnwritable, keygenFailed, keyInvalid } from './errors.ts';
import { isPem, readDescription } from './parse.ts';
import type { Authority, GatewayKeys } from './port.ts';
import { renderRevocations } from './render.ts';

/** Age at which the host key's certificate is made anew; it is good for three months. */
const RENEW = 30 * 86_400_000;

export interface AuthorityParts {
  readonly run: Runner;
  /** Root's alone: the private keys. */
  readonly directory: string;
  readonly now: () => number;
}

/** Keys in files, signed with by `ssh-keygen` and by nothing else. */
export function makeAuthority({ run, directory, now }: AuthorityParts): Authority {
  const at = (name: string): string => join(directory, name);

  async function keygen(what: string, command: Command): Promise<Outcome<string>> {
    const ran = await run.run(command);
    if (isRefusal(ran)) return ran;
    return ran.code === 0 ? ran.stdout : keygenFailed(what, (ran.stderr || ran.stdout).trim().slice(-300));
  }

  /** A directory for one piece of work, gone after it. */
  async function aside<T>(work: (scratch: string) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    let scratch: string | undefined;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      scratch = await mkdtemp(at('work-'));
      return await work(scratch);
    } catch (error) {
      return filesUnwritable(directory, (error as Error).message);
    } finally {
      if (scratch) await rm(scratch, { recursive: true, force: true });
    }
  }

  /** Makes the key where it is missing, beside and renamed: half a pair is never found. */
  async function ensureKey(name: string): Promise<Outcome<void>> {
    if (await stat(at(name)).catch(() => undefined)) return;
    return aside(async (scratch) => {
      const made = await keygen('make a key', makeKey(join(scratch, 'key'), `bastide-${name}`));
      if (isRefusal(made)) return made;
      await rename(join(scratch, 'key.pub'), at(`${name}.pub`));
      await rename(join(scratch, 'key'), at(name));
    });
  }

  async function ensureKeys(): Promise<Outcome<void>> {
    for (const name of ['user_ca', 'host_ca', 'host_key']) {
      const made = await ensureKey(name);
      if (isRefusal(made)) return made;
    }
  }

  async function ensureHostCertificate(names: readonly string[]): Promise<Outcome<void>> {
    const wanted = names.join(',');
    const there = await stat(at('host_key-cert.pub')).catch(() => undefined);
    const signed = await readFile(at('host_names'), 'utf8').catch(() => '');
    if (there && signed === wanted && now() - there.mtimeMs < RENEW) return;
    const made = await keygen('sign the host key', signHost(at('host_ca'), at('host_key.pub'), names));
    if (isRefusal(made)) return made;
    await writeFile(at('host_names'), wanted);
  }

  /** The key as ssh-keygen itself writes it; whatever it does not take is refused. */
  async function soundKey(text: string, scratch: string): Promise<Outcome<string>> {
    const file = join(scratch, 'given');
    await writeFile(file, text, { mode: 0o600 });
    const converted = isPem(text) ? await keygen('read the key', convertKey(file)) : text;
    if (isRefusal(converted)) return keyInvalid('ssh-keygen cannot read it');
    const line = publicKeyLine(converted);
    if (!line) return keyInvalid('it is of no kind that is taken');
    await writeFile(join(scratch, 'key.pub'), `${line}\n`);
    const described = await keygen('read the key', describeKey(join(scratch, 'key.pub')));
    if (isRefusal(described) || !readDescription(described)) return keyInvalid('ssh-keygen cannot read it');
    return join(scratch, 'key.pub');
  }

  return {
    async certify({ publicKey, ...wish }) {
      const made = await ensureKeys();
      if (isRefusal(made)) return made;
      return aside(async (scratch) => {
        const file = await soundKey(publicKey, scratch);
        if (isRefusal(file)) return file;
        const signed = await keygen('sign the key', signUser(at('user_ca'), file, wish));
        if (isRefusal(signed)) return signed;
        return (await readFile(join(scratch, 'key-cert.pub'), 'utf8')).trim();
      });
    },
    async gatewayFiles(names) {
      const made = await ensureKeys();
      if (isRefusal(made)) return made;
      const signed = await ensureHostCertificate(names);
      if (isRefusal(signed)) return signed;
      const read = (name: string) => readFile(at(name), 'utf8');
      try {
        return {
          hostKey: await read('host_key'),
          hostCertificate: await read('host_key-cert.pub'),
          userAuthority: await read('user_ca.pub'),
          hostAuthority: await read('host_ca.pub'),
        } satisfies GatewayKeys;
      } catch (error) {
        return filesUnwritable(directory, (error as Error).message);
      }
    },
    async revocations(serials) {
      const made = await ensureKeys();
      if (isRefusal(made)) return made;
      return aside(async (scratch) => {
        const spec = join(scratch, 'spec');
        const out = join(scratch, 'krl');
        await writeFile(spec, renderRevocations(serials));
        const written = await keygen('write the revocations', makeRevocations(at('user_ca.pub'), out, spec));
        return isRefusal(written) ? written : new Uint8Array(await readFile(out));
      });
    },
    async rotate() {
      try {
        // The private halves first: nothing can be signed by an old key any more, whatever happens next.
        for (const name of ['user_ca', 'host_ca', 'host_key'])
          for (const suffix of ['', '.pub', '-cert.pub']) await rm(at(`${name}${suffix}`), { force: true });
      } catch (error) {
        return filesUnwritable(directory, (error as Error).message);
      }
      return ensureKeys();
    },
  };
}
