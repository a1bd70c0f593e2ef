import { z } from 'zod';
import { broken, few, held, inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({ status: z.int(), headers: z.record(z.string(), z.string()) });

/** What a page has to carry whose app sets none of it. */
const WANTED: Readonly<Record<string, RegExp>> = {
  'strict-transport-security': /max-age=[1-9]/,
  'x-content-type-options': /^nosniff$/i,
  'x-frame-options': /^(deny|sameorigin)$/i,
  'referrer-policy': /./,
};
/** What tells a stranger which program in which version is behind. */
const TELLTALE = /\d+\.\d+/;

export const judge = judging(World, ({ status, headers }) => {
  if (status !== 200) return inconclusive(`the page answers ${status}`);
  const missing = Object.entries(WANTED).filter(([name, form]) => !form.test(headers[name] ?? ''));
  if (missing.length > 0) return broken(`missing or weak: ${few(missing.map(([name]) => name))}`);
  const server = headers.server ?? '';
  if (TELLTALE.test(server)) return broken(`it tells its version: ${server}`);
  return held(`${Object.keys(WANTED).length} headers that the app did not set`);
});
