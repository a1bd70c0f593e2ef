import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import acme from 'acme-client';
import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { agentOutside, internet, literalFault, named } from '../outbound/outbound.ts';
import { problemOf, refusalOf } from './parse.ts';
import type { Acme, AcmeCertificate, ChallengePublisher } from './port.ts';

export interface AcmeSettings {
  /** The authority's directory; Let's Encrypt unless told. */
  readonly directory?: string;
  /** Where the authority writes when a certificate runs out. */
  readonly email?: string;
  /** File of the account's key; made with 0600 where there is none. */
  readonly accountKey: string;
  /** PEM root that vouches for the directory itself, where no public one does. */
  readonly ca?: string;
}

const SECONDS = 1000;
acme.axios.defaults.timeout = 20 * SECONDS;
/** Not typed by the library. Its own five retries take half a minute; the certificate plan tries again anyway. */
const retries = acme.axios.defaults as {
  acmeSettings?: { retryMaxAttempts: number; retryDefaultDelay: number };
};
if (retries.acmeSettings) Object.assign(retries.acmeSettings, { retryMaxAttempts: 2, retryDefaultDelay: 1 });

async function accountKey(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known) return known;
  const key = (await acme.crypto.createPrivateEcdsaKey('P-256')).toString();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.next`, key, { mode: 0o600 });
  await rename(`${file}.next`, file);
  return key;
}

class PublishError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

function facts(chain: string, key: Buffer): AcmeCertificate {
  const leaf = new X509Certificate(chain);
  return {
    chain: `${chain.trim()}\n`,
    key: new Secret(`${key.toString().trim()}\n`),
    notBefore: new Date(leaf.validFrom),
    notAfter: new Date(leaf.validTo),
    fingerprint: createHash('sha256').update(leaf.raw).digest('hex'),
  };
}

/** The authority of a directory, one order at a time. */
export function makeAcme(settings: AcmeSettings): Acme {
  const directory = settings.directory ?? acme.directory.letsencrypt.production;
  let problem: string | undefined;
  let answered = false;
  let last: Promise<unknown> = Promise.resolve();
  // An authority of the operator's own has a certificate of its own; any other is on the internet.
  const outside = settings.ca === undefined ? internet : { ...named, ca: settings.ca };
  acme.axios.defaults.httpsAgent = agentOutside(outside);
  acme.axios.defaults.maxRedirects = 0;
  acme.axios.interceptors.request.use((asked) => {
    const fault = asked.url === undefined ? undefined : literalFault(outside, asked.url);
    if (fault) throw fault;
    return asked;
  });
  // The library keeps only the text of a problem; which kind it is, is needed too.
  acme.axios.interceptors.response.use((response) => {
    answered = true;
    problem = problemOf(response.data) ?? problem;
    return response;
  });

  async function order(hosts: readonly string[], publisher: ChallengePublisher): Promise<AcmeCertificate> {
    const client = new acme.Client({
      directoryUrl: directory,
      accountKey: await accountKey(settings.accountKey),
      backoffAttempts: 12,
      backoffMin: SECONDS,
      backoffMax: 10 * SECONDS,
    });
    const [key, csr] = await acme.crypto.createCsr(
      { altNames: [...hosts] },
      await acme.crypto.createPrivateEcdsaKey('P-256'),
    );
    const chain = await client.auto({
      csr,
      ...(settings.email === undefined ? {} : { email: settings.email }),
      termsOfServiceAgreed: true,
      challengePriority: ['http-01'],
      // Whether the challenge can be fetched from outside cannot be seen from in here.
      skipChallengeVerification: true,
      challengeCreateFn: async (_authorization, { token }, keyAuthorization) => {
        const published = await publisher.publish(token, keyAuthorization);
        if (isRefusal(published)) throw new PublishError(published);
      },
      challengeRemoveFn: (_authorization, { token }) => publisher.withdraw(token),
    });
    return facts(chain, key);
  }

  async function issue(
    hosts: readonly string[],
    publisher: ChallengePublisher,
  ): Promise<Outcome<AcmeCertificate>> {
    problem = undefined;
    answered = false;
    try {
      return await order(hosts, publisher);
    } catch (error) {
      if (error instanceof PublishError) return error.refusal;
      const { message, code } = error as NodeJS.ErrnoException;
      // The library loses the error's code when its retries are used up.
      const network = code ?? (answered ? undefined : 'no answer');
      return refusalOf({ directory, hosts, message, network, problem });
    }
  }

  return {
    issue(hosts, publisher) {
      const next = last.then(() => issue(hosts, publisher));
      last = next;
      return next;
    },
  };
}
