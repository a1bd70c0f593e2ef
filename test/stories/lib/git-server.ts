/**
 * A repository over HTTPS, read only, by git's own server program.
 *
 *   node git-server.ts ADDRESS KEY CERTIFICATE ROOT
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [address, key, certificate, root] = process.argv.slice(2) as [string, string, string, string];

createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (asked, answer) => {
  const url = new URL(asked.url ?? '/', 'https://git.test');
  const git = spawn('git', ['http-backend'], {
    env: {
      PATH: '/usr/bin:/bin',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(asked.headers['git-protocol'] ?? ''),
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: asked.method ?? 'GET',
      CONTENT_TYPE: asked.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(asked.headers['content-encoding'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  asked.pipe(git.stdin);
  git.stdin.on('error', () => {});
  const parts: Buffer[] = [];
  git.stdout.on('data', (part: Buffer) => parts.push(part));
  git.once('close', () => {
    const whole = Buffer.concat(parts);
    const end = whole.indexOf('\r\n\r\n');
    for (const line of whole.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(': ');
      if (name === 'Status') answer.statusCode = Number.parseInt(value, 10);
      else answer.setHeader(name, value);
    }
    answer.end(whole.subarray(end + 4));
  });
}).listen(443, address, () => console.log('listening'));
