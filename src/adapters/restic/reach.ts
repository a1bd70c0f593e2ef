import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Outcome } from '../../kernel/refusal.ts';
import { credentialRefused, vaultRefused, vaultUnreachable, vaultUntrusted } from './errors.ts';
import type { Repository } from './port.ts';

/** Seconds that the vault has to say whether it knows the repository. */
const PATIENCE = 10;

/** Asks the vault itself: is it there, is it the right one, does it know us, has it this repository? */
export function reach(repo: Repository): Promise<Outcome<'there' | 'missing'>> {
  return new Promise((resolve) => {
    const asked = request(
      new URL('config', repo.url),
      {
        method: 'HEAD',
        ca: repo.ca,
        auth: `${repo.user}:${repo.password.reveal()}`,
        agent: false,
        signal: AbortSignal.timeout(PATIENCE * 1000),
      },
      (answer) => {
        answer.resume();
        const { statusCode = 0 } = answer;
        if (statusCode === 401) resolve(credentialRefused(repo.url));
        else if (statusCode === 403) resolve(vaultRefused(repo.url));
        else if (statusCode === 404) resolve('missing');
        else if (statusCode === 200) resolve('there');
        else resolve(vaultUnreachable(repo.url, `it answers with ${statusCode}`));
      },
    );
    asked.on('error', (error: NodeJS.ErrnoException) => {
      const said = error.code ?? error.message;
      const tls = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|SSL|ERR_TLS/.test(said);
      resolve(
        tls
          ? vaultUntrusted(repo.url, error.message)
          : vaultUnreachable(
              repo.url,
              error.name === 'AbortError' ? `nothing for ${PATIENCE} s` : error.message,
            ),
      );
    });
    asked.end();
  });
}

/** Whether somebody left a lock there; false where that cannot be told. */
export function isLocked(repo: Repository): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      new URL('locks/', repo.url),
      {
        ca: repo.ca,
        auth: `${repo.user}:${repo.password.reveal()}`,
        agent: false,
        headers: { accept: 'application/vnd.x.restic.rest.v2' },
        signal: AbortSignal.timeout(PATIENCE * 1000),
      },
      async (answer) => {
        const said = await text(answer).catch(() => '');
        resolve(answer.statusCode === 200 && said.includes('"name"'));
      },
    );
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
