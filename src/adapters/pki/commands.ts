import type { Command } from '../../kernel/command.ts';

/** A second opinion: does OpenSSL, at its strictest, accept this leaf for this purpose and name? */
export const verifyCommand = (
  files: { root: string; leaf: string },
  purpose: 'sslserver' | 'sslclient',
  host?: string,
): Command => ({
  argv: [
    'openssl',
    'verify',
    '-x509_strict',
    '-CAfile',
    files.root,
    '-purpose',
    purpose,
    ...(host === undefined ? [] : ['-verify_hostname', host]),
    files.leaf,
  ],
  timeoutMs: 10_000,
});
