import { z } from 'zod';
import { broken, few, held, inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({
  pages: z.array(z.object({ path: z.string(), status: z.int(), headers: z.record(z.string(), z.string()) })),
});
type Headers = Readonly<Record<string, string>>;

/** PURE. The value of one directive of a content security policy; undefined where it is not there. */
const directive = (headers: Headers, name: string): string | undefined =>
  (headers['content-security-policy'] ?? '')
    .split(';')
    .map((one) => one.trim().split(/\s+/))
    .find(([first]) => first === name)
    ?.slice(1)
    .join(' ');

const scripts = (headers: Headers): string | undefined =>
  directive(headers, 'script-src') ?? directive(headers, 'default-src');

/** What may be wrong with a page, and how it is seen. */
const FAULTS: Readonly<Record<string, (headers: Headers) => boolean>> = {
  'runs foreign or inline scripts': (headers) => !/^('none'|'self')$/.test(scripts(headers) ?? ''),
  'may be framed': (headers) => directive(headers, 'frame-ancestors') !== "'none'",
  'has types guessed': (headers) => headers['x-content-type-options'] !== 'nosniff',
  'is not for HTTPS alone': (headers) =>
    !/max-age=[1-9]\d{6}/.test(headers['strict-transport-security'] ?? ''),
  'sets a cookie': (headers) => headers['set-cookie'] !== undefined,
  'lets other sites read it': (headers) => headers['access-control-allow-origin'] !== undefined,
  'leads elsewhere': (headers) => /elsewhere/.test(headers.location ?? ''),
};

export const judge = judging(World, ({ pages }) => {
  const found = pages.flatMap(({ path, headers }) =>
    Object.entries(FAULTS)
      .filter(([, wrong]) => wrong(headers))
      .map(([what]) => `${path} ${what}`),
  );
  const ill = pages.filter(({ status }) => status !== 200);
  if (pages.length === 0) return inconclusive('no page was asked for');
  if (ill.length > 0)
    return inconclusive(`no page: ${few(ill.map(({ path, status }) => `${path} (${status})`))}`);
  if (found.length > 0) return broken(few(found));
  return held(`${pages.length} pages`);
});
