import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DOMAIN, openPlatform, type Platform } from '../stories/lib/platform.ts';
import { judge, type Row, runtimeTable } from './lib/runtime-rules.ts';

const APP = 'hostile-runtime';
const page = join(import.meta.dirname, '../../docs/security/runtime.md');
let platform: Platform;
const rows: Record<'web' | 'run', Row[]> = { web: [], run: [] };

/** Answers what the probe sees, run as a child of the web process. */
const SERVER = `import http.server, os, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        said = subprocess.run([sys.executable, "/app/probe.py"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout if self.path == "/probe" else b"up"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(said)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
`;

beforeAll(async () => {
  platform = await openPlatform();
  await platform.app(APP);
  const source = platform.source(APP, {
    'requirements.txt': '',
    'app.json': '{"healthchecks":{"web":[{"type":"startup","path":"/up"}]}}',
    Procfile: 'web: python3 server.py\n',
    'server.py': SERVER,
    'probe.py': readFileSync(join(import.meta.dirname, 'fixtures/probe.py'), 'utf8'),
  });
  await platform.ok('deploy', source, '--app', APP);
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

const notHeld = (found: readonly Row[]) => found.filter(({ held }) => !held);

test('nothing that a web process tries against its container comes to anything', async () => {
  const { body } = await platform.get(`https://${APP}.${DOMAIN}/probe`, '--max-time', '120');
  expect(body).toMatch(/^\{/);
  rows.web = judge(JSON.parse(body) as Record<string, string>);
  expect(rows.web.length).toBeGreaterThan(100);
  expect(notHeld(rows.web)).toEqual([]);
});

test('nor does what a one-off container tries', async () => {
  const said = await platform.ok('run', '--app', APP, '--', 'python3', '/app/probe.py');
  rows.run = judge(JSON.parse(said.slice(said.indexOf('{'))) as Record<string, string>);
  expect(rows.run.length).toBe(rows.web.length);
  expect(notHeld(rows.run)).toEqual([]);
});

test('a probe that got somewhere would be seen', () => {
  const free = {
    CapEff: '00000000a80425fb',
    'mount tmpfs': 'ALLOWED',
    'write /etc/passwd': 'WRITTEN',
    Seccomp: '0',
  };
  expect(notHeld(judge(free))).toHaveLength(4);
});

test('what was seen is written down, when asked for with BASTIDE_WRITE=1', () => {
  const table = runtimeTable(rows.web, rows.run);
  console.log(table);
  expect(table).toContain('| CapEff | 0000000000000000 | 0000000000000000 |');
  if (!process.env.BASTIDE_WRITE) return;
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(
    page,
    `# What a hostile app can do to its container

Measured from inside an app (python stack) on a lab host that runs the whole platform. Reproduce it, and write this page
anew, with \`BASTIDE_WRITE=1 npx vitest run --project lab test/attacks/runtime.test.ts\` (needs root).

What holds: no capability in any set, no new privileges, our own system call allow-list (unknown calls are EPERM), a user
namespace of its own (root inside would be user 100000 outside), a read-only root, temporary file systems that run nothing,
limits on memory, processes and CPU. Names such as EPERM are the kernel's answer.

${table}
`,
  );
});
