/** Pages that the edge itself answers with. Static, no scripts, nothing loaded from anywhere. */
const page = (title: string, text: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1.1rem/1.6 system-ui, sans-serif; color: #1c2733; background: #f5f6f8; }
main { max-width: 32rem; padding: 2rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
p { margin: 0; color: #46525f; }
@media (prefers-color-scheme: dark) { body { color: #e8ecf0; background: #12181f; } p { color: #a9b4bf; } }
</style>
</head>
<body><main><h1>${title}</h1><p>${text}</p></main></body>
</html>
`;

/** Status to page; `maintenance` is a 503 of its own. */
export const PAGES: Readonly<Record<string, string>> = {
  '400': page('The request was not accepted', 'Something about it is malformed or too large.'),
  '403': page('Not allowed', 'The request has a header that is not accepted here.'),
  '404': page('Nothing here', 'There is no such page or no such site.'),
  '405': page('Method not allowed', 'This method is not accepted here.'),
  '408': page('Too slow', 'The request did not arrive in time.'),
  '413': page('Too large', 'The request is larger than this site accepts.'),
  '421': page('Wrong connection', 'This connection was opened for another site. Please try again.'),
  '429': page('Too many requests', 'Please wait a few seconds, then try again.'),
  '500': page('Something went wrong', 'Please try again in a moment.'),
  '502': page('No usable answer', 'The site did not answer as it should. Please try again in a moment.'),
  '503': page('Not available right now', 'The site does not answer. Please try again in a moment.'),
  '504': page('No answer in time', 'The site took too long to answer. Please try again in a moment.'),
  maintenance: page('Back soon', 'This site is being worked on. Please come back in a few minutes.'),
};

/** Seconds to wait, where the answer says so. */
const RETRY: Readonly<Record<string, number>> = { '429': 10, '503': 5 };
const CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** The `http-error` lines of a defaults section. */
export const errorLines = (file: (page: string) => string): string =>
  Object.keys(PAGES)
    .filter((status) => status !== 'maintenance')
    .map(
      (status) =>
        `    http-error status ${status} content-type "text/html; charset=utf-8" file ${file(status)} hdr Cache-Control no-store hdr Content-Security-Policy "${CSP}"${
          RETRY[status] === undefined ? '' : ` hdr Retry-After ${RETRY[status]}`
        }\n`,
    )
    .join('');
