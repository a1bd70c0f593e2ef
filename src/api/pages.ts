import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Server } from './server.ts';

/** Where the pages of `web/pages` answer: one frame for all, which looks at the path. */
const PATHS = ['/access', '/account', '/device', '/join', '/sso'] as const;

const FILES = {
  frame: ['page.html', 'text/html; charset=utf-8'],
  script: ['page.js', 'text/javascript; charset=utf-8'],
  style: ['page.css', 'text/css; charset=utf-8'],
} as const;

/** Its own script and style, the API it came from, and nothing else; text never becomes HTML or a script. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export type Pages = Readonly<Record<keyof typeof FILES, string>>;

/** The pages as `packaging/lib/build.ts` left them. Throws where one is missing: without them nobody signs in by a browser. */
export async function readPages(directory: string): Promise<Pages> {
  const read = ([name]: readonly [string, string]) => readFile(join(directory, name), 'utf8');
  const [frame, script, style] = await Promise.all([FILES.frame, FILES.script, FILES.style].map(read));
  return { frame: frame!, script: script!, style: style! };
}

/** What a browser needs to sign in by passkey and to let a device in. Nothing here knows anybody: all is asked of the API. */
export function mountPages(app: Server, pages: Pages): void {
  const serve = (path: string, part: keyof Pages) =>
    app.get(path, { schema: { hide: true } }, (_request, reply) =>
      reply.type(FILES[part][1]).header('content-security-policy', POLICY).send(pages[part]),
    );
  for (const path of PATHS) serve(path, 'frame');
  serve('/assets/page.js', 'script');
  serve('/assets/page.css', 'style');
}
