import { control } from '../../contract/control.ts';
import type { Handshake } from '../../contract/tools.ts';
import { judge } from './judge.ts';

const OLD = ['TLSv1', 'TLSv1.1'] as const;
/** Suites of TLS 1.2 without forward secrecy, without authenticated encryption, or without encryption. */
const RETIRED = [
  'AES128-SHA',
  'AES256-SHA256',
  'AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA384',
  'NULL-SHA256',
  'ADH-AES128-SHA256',
  'CAMELLIA256-SHA',
];

const LEVEL = ':@SECLEVEL=0';

/** A refusal is the other side's; what our own library cannot say has not been tried. */
const refusal = ({ ok, error }: Handshake): boolean | null =>
  ok ? false : error?.startsWith('local:') || error === 'timeout' ? null : true;

/** Handshakes in every retired version and cipher; and in the two versions of today, which have to work. */
export default control({
  id: 'edge/tls-policy',
  claims: ['ING-5'],
  sentence: 'The edge agrees to no retired version of TLS and to no retired cipher.',
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const servername = tools.canary('a').host;
    const works = [];
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const made = await tools.handshake({ servername, minVersion: version, maxVersion: version });
      works.push({ what: version, ok: made.ok, said: made.cipher ?? made.error ?? '' });
    }
    const attempts = [];
    for (const version of OLD) {
      const ciphers = `ALL${LEVEL}`;
      const made = await tools.handshake({ servername, minVersion: version, maxVersion: version, ciphers });
      attempts.push({ what: version, refused: refusal(made), said: made.error ?? made.cipher ?? '' });
    }
    for (const cipher of RETIRED) {
      const only = { servername, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
      const made = await tools.handshake({ ...only, ciphers: `${cipher}${LEVEL}` });
      // One that our own library has no more is nobody's way in by it; it is left out.
      if (made.error?.startsWith('local:')) continue;
      attempts.push({ what: cipher, refused: refusal(made), said: made.error ?? made.cipher ?? '' });
    }
    return { works, attempts };
  },
  judge,
  restore: async () => {},
});
