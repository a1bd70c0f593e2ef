/** Small apps for stories: one file each, on the node stack without packages, so that a build takes little. */

const listen = '.listen(Number(process.env.PORT), "0.0.0.0");';

/** Answers 200 with `says` everywhere; what is asked for below is what its neighbours in this file change. */
export const plain = (says: string): Record<string, string> => ({
  'package.json': '{"name":"plain","private":true}',
  'app.json': '{"healthchecks":{"web":[{"type":"startup","path":"/up"}]}}',
  Procfile: 'web: node server.js\n',
  'server.js': `require("http").createServer((q, r) => r.end(${JSON.stringify(`${says}\n`)}))${listen}\n`,
});

/** Gives up on a release after some seconds. */
const soon = {
  'app.json': '{"healthchecks":{"web":[{"type":"startup","path":"/up","attempts":4,"timeout":2,"wait":3}]}}',
};

/** Listens, but its health path answers 503. */
export const unwell = (): Record<string, string> => ({
  ...plain('unwell'),
  ...soon,
  'server.js': `require("http").createServer((q, r) => { r.statusCode = q.url === "/up" ? 503 : 200; r.end("unwell"); })${listen}\n`,
});

/** Ends at once, with its reason on standard error. */
export const crashing = (): Record<string, string> => ({
  ...plain(''),
  'server.js': 'console.error("Error: cannot find the moon"); process.exit(3);\n',
});

/** Runs, and never listens. */
export const silent = (): Record<string, string> => ({
  ...plain(''),
  ...soon,
  'server.js': 'console.log("thinking"); setInterval(() => {}, 1000);\n',
});

/** Well, but its release phase ends with 7. */
export const badPhase = (): Record<string, string> => ({
  ...plain('phase'),
  Procfile: 'release: echo migrating && echo "column is missing" >&2 && exit 7\nweb: node server.js\n',
});

/** Fast and slow pages and POST, like examples/node, without a package to install. */
export const busy = (says: string): Record<string, string> => ({
  ...plain(says),
  'server.js': `const server = require("http").createServer((q, r) => {
  const done = () => r.end(${JSON.stringify(`${says}\n`)});
  if (q.url.startsWith("/slow")) return void setTimeout(done, 1500);
  q.resume().once("end", done);
})${listen}
process.once("SIGTERM", () => server.close(() => process.exit(0)));
`,
});
