import { z } from 'zod';
import { broken, held, inconclusive, judging } from '../../contract/judging.ts';

const DAY = 86_400_000;
const World = z.object({
  now: z.int(),
  plain: z.object({ status: z.int(), location: z.string().nullable(), body: z.string() }),
  secure: z.object({ ok: z.boolean(), authorized: z.boolean(), validTo: z.string().nullable() }),
  page: z.object({ status: z.int(), hsts: z.string().nullable() }),
});

export const judge = judging(World, ({ now, plain, secure, page }) => {
  if (plain.status < 300 || plain.status >= 400 || !plain.location?.startsWith('https://'))
    return plain.status >= 500 || plain.status === 0
      ? inconclusive(`plain HTTP answers ${plain.status}`)
      : broken(`plain HTTP answers ${plain.status} and not with a redirect to HTTPS`);
  if (!secure.ok) return inconclusive('no TLS handshake');
  if (!secure.authorized)
    return broken('the certificate is not trusted by the authority that it should come from');
  const left = secure.validTo === null ? Number.NaN : Date.parse(secure.validTo) - now;
  if (Number.isNaN(left)) return inconclusive('the certificate says no end');
  if (left < DAY) return broken('the certificate has ended, or ends within a day');
  if (page.status >= 500) return inconclusive(`the app answers ${page.status}`);
  if (!/max-age=[1-9]\d{4,}/.test(page.hsts ?? ''))
    return broken('no Strict-Transport-Security of any length');
  return held(`redirected, trusted, ${Math.floor(left / DAY)} days left`);
});
