import { createHash } from 'node:crypto';
import type { EdgeConfig } from '../port.ts';
import type { EdgeSettings } from '../settings.ts';
import { bodies } from './bodies.ts';
import { httpFrontend, httpsFrontend, lua } from './frontends.ts';
import { BODY_LUA } from './lua.ts';
import { backendName, INSIDE, mapFile, pageFile } from './names.ts';
import { errorLines, PAGES } from './pages.ts';
import { serverLine } from './servers.ts';

const CIPHERS = [
  'ECDSA-AES128-GCM-SHA256',
  'RSA-AES128-GCM-SHA256',
  'ECDSA-AES256-GCM-SHA384',
  'RSA-AES256-GCM-SHA384',
  'ECDSA-CHACHA20-POLY1305',
  'RSA-CHACHA20-POLY1305',
];
const SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** One line of JSON a request. No query (it may hold secrets), no header of the client's. */
const LOG_FORMAT = [
  '{"at":%Ts.%ms',
  '"id":"%ID"',
  '"client":"%ci"',
  '"host":"%[var(txn.host),json(utf8s)]"',
  '"slot":"%[var(txn.end)]"',
  '"server":"%s"',
  '"method":"%[var(txn.method),json(utf8s)]"',
  '"path":"%[var(txn.path),json(utf8s)]"',
  '"version":"%HV"',
  '"status":%ST',
  '"bytes":%B',
  '"ms":%Ta',
  '"wait":%Tr',
  '"end":"%tsc"',
  '"retries":"%rc"}',
].join(',');

const globals = (
  { files, sockets, log, limits }: EdgeSettings,
  digest: string,
): string => `# Written by the agent; a change by hand is overwritten.
global
    log ${log === 'stdout' ? 'stdout' : log} format raw local0 info
    setenv BASTIDE_STATIC ${digest}
    maxconn ${limits.connections}
    stats socket ${sockets.admin} mode 600 level admin expose-fd listeners
    stats timeout 30s
    # Connections of a process that was reloaded end within this, each when its client has its answer:
    close-spread-time 8s
    hard-stop-after ${limits.hardStop}s
${lua(files)}    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
    ssl-default-bind-ciphers ${CIPHERS.map((cipher) => `ECDHE-${cipher}`).join(':')}
    ssl-default-bind-ciphersuites ${SUITES.join(':')}
    ssl-default-bind-curves X25519:P-256:P-384
    tune.bufsize 16384
    tune.maxrewrite 1024
    tune.http.maxhdr 100
    tune.h2.max-concurrent-streams 100
    tune.h2.initial-window-size 65536
`;

const defaults = (files: string): string => `
defaults common
    mode http
    log global
    log-format '${LOG_FORMAT}'
    option dontlognull
    option http-keep-alive
    option http-restrict-req-hdr-names reject
    timeout connect 2s
    timeout client 30s
    timeout server 60s
    timeout http-request 10s
    timeout http-keep-alive 15s
    timeout queue 5s
    timeout tunnel 1h
    timeout client-fin 5s
    timeout server-fin 5s
    timeout check 5s
    unique-id-format %[uuid]
${errorLines((page) => pageFile(files, page))}
defaults app from common
    balance leastconn
    http-reuse safe
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response response-timeout 0rtt-rejected
    option httpchk
    http-check set-var(check.server) srv_name
    http-check send meth GET uri-lf "%[be_name,concat(/,check.server),map(${mapFile(files, 'health')},/up)]" ver HTTP/1.1 hdr Host "%[be_name,map(${mapFile(files, 'checkhosts')},health)]" hdr X-Forwarded-Proto https hdr User-Agent Bastide-Health
    http-check expect status 200-299

backend st_client from common
    stick-table type ipv6 size 200k expire 60s store conn_cur,conn_rate(10s),http_req_rate(10s)

backend st_requests from common
    stick-table type ipv6 size 200k expire 60s store conn_cur

backend st_project from common
    stick-table type string len 64 size 20k expire 60s store conn_cur,http_req_rate(10s)
`;

/** The configuration without servers: what only a reload can change. */
function staticText(settings: EdgeSettings, slots: number, digest: string): string {
  const sections = Array.from(
    { length: slots + 1 },
    (_, slot) => `\nbackend ${backendName(slot)} from app\n${slot === 0 ? '    timeout server 10m\n' : ''}`,
  );
  const inside = settings.inside
    ? `\nbackend ${INSIDE} from app\n    timeout server 10m\n    server api unix@${settings.inside.socket} maxconn 256\n`
    : '';
  return (
    globals(settings, digest) +
    defaults(settings.files) +
    httpFrontend(settings) +
    httpsFrontend(settings) +
    bodies(settings) +
    inside +
    sections.join('')
  );
}

/**
 * haproxy.cfg, and the digest of everything in it (and of the pages and scripts it loads) that only a reload changes.
 * The running process tells its own digest (`show env BASTIDE_STATIC`), so that the two can be compared.
 */
export function configText(settings: EdgeSettings, config: EdgeConfig): { text: string; digest: string } {
  const hash = createHash('sha256');
  for (const part of [staticText(settings, config.slots, ''), BODY_LUA, ...Object.values(PAGES)])
    hash.update(`${part}\0`);
  const digest = hash.digest('hex').slice(0, 24);
  const servers = new Map(
    config.backends.map((b) => [
      `backend ${backendName(b.slot)} from app`,
      b.servers.map(serverLine).join(''),
    ]),
  );
  const text = staticText(settings, config.slots, digest).replace(
    /^backend s\d+ from app\n/gm,
    (line) => line + (servers.get(line.trimEnd()) ?? ''),
  );
  return { text, digest };
}
