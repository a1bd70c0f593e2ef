import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { connect } from 'node:tls';
import type { z } from 'zod';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { brokenEntry, brokenLink, FIRST } from './chain.ts';
import * as errors from './errors.ts';
import { JournalPage, type VaultAccess, type VaultClient, VaultStatus } from './port.ts';

const PATIENCE = 30_000;
const LONGEST = 8 * 1024 * 1024;

export const vaultClient: VaultClient = {
  status: (vault) => asked(vault, 'GET', '/v1/status', VaultStatus),
  async journal(vault, after, hash) {
    const page = await asked(vault, 'GET', `/v1/journal?after=${after}`, JournalPage);
    if (isRefusal(page)) return page;
    const known = after === 0 ? FIRST : hash;
    const before = known === undefined ? undefined : { seq: after, hash: known };
    const broken = brokenLink(page.links, before) ?? brokenEntry(page.entries, page.links);
    return broken === undefined ? page : errors.vaultJournalBroken(vault.url, broken);
  },
  authority,
  async enrol(vault, code) {
    const body = JSON.stringify({ code, user: vault.user, password: vault.password.reveal() });
    const answer = await ask(vault, 'POST', '/v1/enrol', body);
    if (isRefusal(answer)) return answer;
    if (answer.status === 200) return undefined;
    return answer.status === 403
      ? errors.vaultCodeRefused(vault.url)
      : errors.vaultUnclear(vault.url, `it answers with ${answer.status}`);
  },
};

async function asked<S extends z.ZodType>(
  vault: VaultAccess,
  method: string,
  path: string,
  schema: S,
): Promise<Outcome<z.output<S>>> {
  const answer = await ask(vault, method, path);
  if (isRefusal(answer)) return answer;
  if (answer.status !== 200) return errors.vaultUnclear(vault.url, `it answers with ${answer.status}`);
  try {
    return schema.parse(JSON.parse(answer.text));
  } catch (error) {
    return errors.vaultUnclear(vault.url, error instanceof Error ? error.message.slice(0, 200) : '');
  }
}

const untrusted = (error: NodeJS.ErrnoException): boolean =>
  /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|SSL|ERR_TLS/.test(error.code ?? '');

function ask(
  vault: VaultAccess,
  method: string,
  path: string,
  body?: string,
): Promise<Outcome<{ status: number; text: string }>> {
  return new Promise((resolve) => {
    const asking = request(new URL(path, vault.url), {
      method,
      ca: vault.ca,
      agent: false,
      signal: AbortSignal.timeout(PATIENCE),
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body === undefined && { auth: `${vault.user}:${vault.password.reveal()}` }),
    });
    const failed = (error: NodeJS.ErrnoException) =>
      resolve(
        untrusted(error)
          ? errors.vaultUntrusted(vault.url, error.message)
          : errors.vaultUnreachable(vault.url, error.message),
      );
    asking.on('error', failed);
    asking.on('response', async (answer) => {
      try {
        let text = '';
        for await (const part of answer.setEncoding('utf8')) {
          text += part;
          if (text.length > LONGEST) return resolve(errors.vaultUnclear(vault.url, 'it does not end'));
        }
        if (answer.statusCode === 401) return resolve(errors.vaultCredentialRefused(vault.url));
        resolve({ status: answer.statusCode ?? 0, text });
      } catch (error) {
        failed(error as NodeJS.ErrnoException);
      }
    });
    asking.end(body);
  });
}

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der
    .toString('base64')
    .replaceAll(/(.{64})/g, '$1\n')
    .trimEnd()}\n-----END CERTIFICATE-----\n`;

/** Looks at the chain without trusting it; it is taken for nothing but its fingerprint, and verified by every later call. */
function authority(url: string, fingerprint: string): Promise<Outcome<string>> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replaceAll(/[[\]]/g, ''),
      port: Number(port || 443),
      rejectUnauthorized: false,
      timeout: PATIENCE,
    });
    socket.on('timeout', () => socket.destroy(new Error('no answer')));
    socket.on('error', (error) => resolve(errors.vaultUnreachable(url, error.message)));
    socket.on('secureConnect', () => {
      const leaf = socket.getPeerCertificate(true);
      const root = leaf.issuerCertificate ?? leaf;
      socket.end();
      if (!root.raw) return resolve(errors.vaultUntrusted(url, 'it shows no certificate'));
      const print = new X509Certificate(root.raw).fingerprint256.replaceAll(':', '').toLowerCase();
      resolve(
        print === fingerprint ? pem(root.raw) : errors.vaultUntrusted(url, `its fingerprint is ${print}`),
      );
    });
  });
}
