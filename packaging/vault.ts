// npm start -- --role vault: makes this machine a vault and prints the line to paste on the platform. Nothing else of
// the platform runs here.
import { networkInterfaces } from 'node:os';
import { failed, giveUp } from './lib/outcome.ts';
import { makeProgress } from './lib/progress.ts';
import { bringUpVault, newCode } from './vault/bring-up.ts';
import { pasteLine } from './vault/layout.ts';
import { parseVault } from './vault/options.ts';

const json = process.argv.includes('--json');
const progress = makeProgress(process.stdout, json);

/** This machine's own addresses, the first first. */
const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flat()
    .flatMap((one) => (one && !one.internal && one.family === 'IPv4' ? [one.address] : []));

try {
  const options = parseVault(process.argv.slice(2));
  const names = options.address.length > 0 ? options.address : ownAddresses();
  const { url, fingerprint, settings } = await progress.stage('vault', 'gate, store and keeper run', () =>
    bringUpVault({
      names,
      over: {
        address: '0.0.0.0',
        ...(options.port !== undefined && { port: options.port }),
        ...(options.data !== undefined && { data: options.data }),
        ...(options.retentionDays !== undefined && { retentionDays: options.retentionDays }),
        ...(options.dailyGib !== undefined && { dailyBytes: options.dailyGib * 1024 ** 3 }),
      },
    }),
  );
  const line = pasteLine(url, fingerprint, await newCode());
  if (json) console.log(JSON.stringify({ ready: true, url, fingerprint, line, vault: settings.id }));
  else
    progress.line(
      [
        '',
        '  This machine is a vault. On the platform, once, within a day:',
        '',
        `    ${line}`,
        '',
        `  Objects lie in ${settings.data}; port ${settings.port} must be open to the platform and to nobody else.`,
        '  For another platform, or after a day: run this again.',
        '',
      ].join('\n'),
    );
} catch (error) {
  if (error instanceof TypeError)
    giveUp(failed('option_unknown', error.message, 'See docs/runbooks/vault.md.'), json);
  else giveUp(error, json);
}
