import { createHash } from 'node:crypto';
import type { Server } from './server.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6579; --paper: #f7f5f0; --line: #d9d4c7; --stone: #a4582f; }
@media (prefers-color-scheme: dark) { :root { --ink: #ece8df; --soft: #a7a294; --paper: #191c22; --line: #353a44; --stone: #e39a6b; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.6 system-ui, sans-serif; }
main { max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem; }
h1 { font-size: 2.4rem; margin: 0 0 .2em; letter-spacing: -.02em; }
p { margin: .8em 0; } .lead { color: var(--soft); font-size: 1.15rem; }
pre { border: 1px solid var(--line); border-left: 4px solid var(--stone); padding: .9em 1.1em; overflow-x: auto; font-size: .9rem; }
a { color: var(--stone); }
`;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bastide</title>
<style>${STYLE}</style>
</head>
<body>
<main>
  <h1>Bastide</h1>
  <p class="lead">A platform for applications: every project its own plot, one wall, few gates.</p>
  <p>It is up, and it is worked with from the command line:</p>
<pre>bastide login --server https://… --token …
bastide apps:create shop --project webshop
cd shop &amp;&amp; bastide deploy</pre>
  <p>Programs find the API described at <a href="/openapi.json">/openapi.json</a>.
  Nothing is told here to who has not signed in.</p>
</main>
</body>
</html>
`;

const hash = createHash('sha256').update(STYLE).digest('base64');
/** The style above and nothing else: no script, no picture, no frame, nobody else's anything. */
const POLICY = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** What a browser sees at the platform's own name. The same for everybody: it knows nothing. */
export function mountLanding(app: Server): void {
  app.get('/', { schema: { hide: true } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY).send(PAGE),
  );
}
