import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import pino from 'pino';
import { controls } from '../../controls/all.ts';
import { probe } from '../../controls/prober/main.ts';

const { env } = process;
const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());

/** The whole configuration of a prober, documented in docs/reference/config.md. */
const settings = {
  server: env.BASTIDE_SERVER ?? 'https://bastide.localhost',
  /** Where the platform's names lead; the resolver is asked where it is not set. */
  address: env.BASTIDE_PROBER_ADDRESS,
  ca: env.BASTIDE_PROBER_CA,
  state: env.BASTIDE_PROBER_STATE ?? join(process.cwd(), '.bastide-prober'),
  token: env.BASTIDE_PROBER_TOKEN,
  tokenFile: env.BASTIDE_PROBER_TOKEN_FILE,
};
delete env.BASTIDE_PROBER_TOKEN;

const own = settings.ca ? await readFile(settings.ca, 'utf8').catch(() => undefined) : undefined;
const address = settings.address ?? (await lookup(new URL(settings.server).hostname)).address;

await probe({
  server: settings.server,
  way: {
    address: settings.address,
    ca: own === undefined ? undefined : [...rootCertificates, own].join('\n'),
  },
  address,
  state: settings.state,
  enrolment: async () =>
    settings.token ??
    (settings.tokenFile ? await readFile(settings.tokenFile, 'utf8').catch(() => undefined) : undefined),
  controls,
  log: (line) => logger.info(line),
  signal: stop.signal,
});
