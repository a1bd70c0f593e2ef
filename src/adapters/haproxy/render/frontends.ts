import type { EdgeSettings } from '../settings.ts';
import { bodiesAtOnce, capOf, leadBodies, route, spotBodies } from './bodies.ts';
import { backendName, certificateList, INSIDE, luaFile, mapFile, pageFile } from './names.ts';
import { NEVER_SERVED } from './never.ts';

/** One client is an IPv4 address or an IPv6 /64: that is what one subscriber is given. */
const track = (limits: EdgeSettings['limits']): string => `
    tcp-request connection track-sc0 src,ipmask(32,64) table st_client
    tcp-request connection reject if { sc0_conn_cur gt ${limits.clientConnections} }
    tcp-request connection reject if { sc0_conn_rate gt ${limits.clientConnectionRate} }`;

/** What no well-behaved client sends and what parsers disagree about. */
const hygiene = `
    http-request set-var(txn.path) path
    http-request set-var(txn.method) method
    http-request deny deny_status 400 if !{ req.hdr(host) -m found }
    http-request deny deny_status 400 if { req.hdr_cnt(host) gt 1 }
    http-request deny deny_status 400 if !{ req.hdr(host) -m reg -i '^[a-z0-9.-]+(:[0-9]{0,5})?$' }
    http-request deny deny_status 400 if { req.hdrs -m reg '[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]' }
    http-request deny deny_status 400 if { req.hdr_cnt(content-length) gt 1 }
    http-request deny deny_status 400 if { req.hdr(transfer-encoding) -m found } { req.hdr(content-length) -m found }
    http-request deny deny_status 400 if { req.hdr(transfer-encoding) -m found } !{ req.hdr(transfer-encoding) -i chunked }
    http-request deny deny_status 405 if { method TRACE CONNECT TRACK DEBUG }
    http-request deny deny_status 400 if { url_len gt 8192 }
    http-request deny deny_status 400 if { path -m reg '%(?![0-9A-Fa-f]{2})' } || { path -m sub %00 }`;

const NEVER = `-m reg '${NEVER_SERVED.join('|')}'`;

/** Decoded twice: an app behind that decodes once more than it should is covered as well. */
const never = `
    http-request set-var(txn.once) path,url_dec,lower
    http-request set-var(txn.twice) path,url_dec,url_dec,lower if { path -m sub % }
    http-request deny deny_status 404 if { var(txn.once) ${NEVER} } || { var(txn.twice) ${NEVER} }`;

const port = (bind: string): string => bind.slice(bind.lastIndexOf(':') + 1);

const binds = (addresses: readonly string[], options: string): string =>
  addresses.map((bind) => `    bind ${bind}${bind.startsWith('[') ? ' v6only' : ''}${options}\n`).join('');

/** Connections to port 80, of all that the process may have. */
const plain = ({ connections }: EdgeSettings['limits']): number => Math.ceil(connections / 8);

/** Port 80: certificate challenges, and the way to 443. */
export function httpFrontend({ files, bind, limits }: EdgeSettings): string {
  const https = port(bind.https[0] ?? ':443');
  const acme = mapFile(files, 'acme');
  return `
frontend http from common
${binds(bind.http, '')}    maxconn ${plain(limits)}${track(limits)}
    http-request deny deny_status 429 if { sc0_http_req_rate gt ${limits.clientRequests} }${hygiene}
    acl challenge path_beg /.well-known/acme-challenge/
    http-request return status 200 content-type text/plain lf-string "%[path,field(-1,/),map(${acme})]" if challenge { path,field(-1,/),map(${acme}) -m found }
    http-request deny deny_status 404 if challenge${route(files)}
    http-request deny deny_status 404 if !{ var(txn.be) -m found }
    http-request redirect location https://%[var(txn.host)]${https === '443' ? '' : `:${https}`}%[pathq] code 308
    http-after-response set-header X-Content-Type-Options nosniff
`;
}

const FORWARDED = ['x-forwarded-', 'x-real-', 'x-original-', 'x-rewrite-'];
const FORWARDED_EXACT = [
  'forwarded',
  'proxy',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-request-id',
];

/** What the app may believe: all of it was written here. The platform alone is told a client's reason for a change. */
const forwarded = `${FORWARDED.map((name) => `\n    http-request del-header ${name} -m beg`).join('')}${FORWARDED_EXACT.map(
  (name) => `\n    http-request del-header ${name}`,
).join('')}
    http-request del-header x-bastide- -m beg unless { var(txn.be) -m str ${backendName(0)} }
    http-request set-header Host %[var(txn.host)]
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Port 443
    http-request set-header X-Forwarded-Host %[var(txn.host)]
    http-request set-header X-Real-IP %[src]
    http-request set-header X-Request-Id %[unique-id]`;

/** Set unless the app has its own; where a weaker one is no use, it is replaced (ING-6). */
const securityHeaders = `
    http-response del-header Server
    http-response del-header X-Powered-By
    http-after-response set-header X-Request-Id %[unique-id]
    http-after-response set-header Connection close if { stopping }
    http-after-response set-header Strict-Transport-Security max-age=63072000 unless { res.hdr(Strict-Transport-Security) -m reg -i 'max-age="?[0-9]{8,}' }
    http-after-response set-header X-Content-Type-Options nosniff
    http-after-response set-header X-Frame-Options SAMEORIGIN unless { res.hdr(X-Frame-Options) -i -m str DENY } || { res.fhdr(Content-Security-Policy) -m sub frame-ancestors }
    http-after-response set-header Content-Security-Policy "base-uri 'self'; object-src 'none'; frame-ancestors 'self'" unless { res.hdr(Content-Security-Policy) -m found }
    http-after-response set-header Referrer-Policy strict-origin-when-cross-origin unless { res.hdr(Referrer-Policy) -m found }
    http-after-response set-header Permissions-Policy "camera=(), microphone=(), geolocation=()" unless { res.hdr(Permissions-Policy) -m found }
    http-after-response set-header Cross-Origin-Opener-Policy same-origin-allow-popups unless { res.hdr(Cross-Origin-Opener-Policy) -m found }`;

/** By the address that a client came to, which is of the connection and nothing that it says. */
const elsewhere = (address: string): string => `
    http-request deny deny_status 404 if { dst ${address} } !{ var(txn.be) -m str ${backendName(0)} }`;

/** Refuses what is not the platform's there, and names the end of what is. */
const within = (inside: NonNullable<EdgeSettings['inside']>): string =>
  `${elsewhere(inside.address)}\n    http-request set-var(txn.end) str(${INSIDE}) if ${members(inside)}`;

/** The machine itself, which has the address too, is no member. */
const members = ({ address, subnet }: NonNullable<EdgeSettings['inside']>): string =>
  `{ dst ${address} } { src ${subnet} } !{ src ${address} }`;

/** Port 443: everything else. */
export function httpsFrontend({ files, bind, inside, limits }: EdgeSettings): string {
  const tls = ` ssl crt-list ${certificateList(files)} alpn h2,http/1.1 strict-sni`;
  return `
frontend https from common
${binds(bind.https, tls)}    maxconn ${limits.connections - plain(limits) - bodiesAtOnce(limits)}${track(limits)}
    http-request deny deny_status 429 if { sc0_http_req_rate gt ${limits.clientRequests} }
    http-request track-sc2 src,ipmask(32,64) table st_requests
    http-request deny deny_status 429 if { sc2_conn_cur gt ${limits.clientConcurrent} }${hygiene}${route(files)}
    http-request set-var(txn.sni) ssl_fc_sni,lower
    http-request deny deny_status 421 if !{ var(txn.host),strcmp(txn.sni) eq 0 }
    http-request deny deny_status 404 if !{ var(txn.be) -m found }
    http-request set-var(txn.end) var(txn.be)${inside ? within(inside) : ''}${never}
    http-request set-var(txn.project) var(txn.be),map_str(${mapFile(files, 'projects')},none)
    http-request track-sc1 var(txn.project) table st_project
    http-request set-var(txn.limit) var(txn.project),map_str_int(${mapFile(files, 'limits')},2000)
    http-request set-var(txn.rate) sc1_http_req_rate
    http-request deny deny_status 429 if { var(txn.rate),sub(txn.limit) gt 0 }
    http-request deny deny_status 429 if { sc1_conn_cur gt ${limits.projectConcurrent} }
    http-request return status 503 content-type "text/html; charset=utf-8" file ${pageFile(files, 'maintenance')} hdr Retry-After 120 hdr Cache-Control no-store if { var(txn.be),map_str(${mapFile(files, 'maintenance')}) -m found }
    http-request set-var(txn.cap) ${capOf(files)}
    http-request deny deny_status 413 if { req.hdr(content-length) -m found } { req.hdr(content-length),sub(txn.cap) gt 0 }
    http-request wait-for-body time 10s${spotBodies}${forwarded}
    http-request disable-l7-retry if !{ method GET HEAD OPTIONS }${securityHeaders}${leadBodies(inside && members(inside))}${
      inside ? `    use_backend ${INSIDE} if ${members(inside)}\n` : ''
    }    use_backend %[var(txn.be)]
`;
}

export const lua = (files: string): string => `    lua-load-per-thread ${luaFile(files)}\n`;
