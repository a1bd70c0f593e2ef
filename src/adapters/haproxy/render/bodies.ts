import type { EdgeLimits, EdgeSettings } from '../settings.ts';
import { BODIES, backendName, bodiesSocket, INSIDE, mapFile } from './names.ts';

/** Marks, between the two legs, a request that came in inside. */
const FLAG = 'x-bastide-inside';

/** Bytes of headers, and of an address, from which on the buffer may be full of them and a body not be seen in it. */
const MUCH = 4096;

/** A process that was reloaded knows what was true then: what still comes to it goes by the new one's, which knows more. */
const HANDED_OVER = `
    http-request set-var(txn.streams) bool(true) if { stopping }`;

/**
 * Which requests have a body to count; right behind wait-for-body, while the headers are the client's. Declared, or seen, or
 * hidden behind so much before it that nobody can say.
 */
export const spotBodies = `
    http-request set-var(txn.streams) bool(true) if { req.hdr(content-length) -m found } !{ req.hdr(content-length) -m str 0 }
    http-request set-var(txn.streams) bool(true) if { req.hdr(transfer-encoding) -m found } || { req.body_len gt 0 } || { req.hdrs,length ge ${MUCH} } || { url_len ge ${MUCH} }${HANDED_OVER}`;

/** At the end of the rules of 443: they go by way of the frontend below. `members`: whose requests go inside. */
export const leadBodies = (members: string | undefined): string =>
  `
${
  members === undefined
    ? ''
    : `    http-request del-header ${FLAG}
    http-request set-header ${FLAG} 1 if { var(txn.streams) -m found } ${members}
`
}    use_backend ${BODIES} if { var(txn.streams) -m found }
`;

/** Which app a name belongs to. */
export const route = (files: string): string => `
    http-request set-var(txn.host) req.hdr(host),host_only,lower
    http-request set-var(txn.be) var(txn.host),map_str(${mapFile(files, 'hosts')})
    http-request set-var(txn.be) var(txn.host),regsub(^[^.]+,*),map_str(${mapFile(files, 'hosts')}) if !{ var(txn.be) -m found }`;

/** How many bytes a body may have. */
export const capOf = (files: string): string =>
  `var(txn.be),map_str_int(${mapFile(files, 'bodies')},10485760)`;

/** Connections of the second leg; a quarter of them is the platform's own. */
export const bodiesAtOnce = ({ connections }: EdgeLimits): number => Math.ceil(connections / 4);

/**
 * The second leg, within the same process: counting costs every request that passes it more than all other rules
 * together, and most requests have nothing to count. Its client is the first leg alone, which has judged and logged. Where
 * a request goes it looks up itself: after a reload the first leg may be an older process's.
 */
export function bodies(settings: EdgeSettings): string {
  const { files, limits } = settings;
  const all = bodiesAtOnce(limits);
  return `
backend st_bodies from common
    stick-table type ipv6 size 200k expire 60s store conn_cur

backend st_slots from common
    stick-table type string len 64 size 20k expire 60s store conn_cur

frontend ${BODIES} from common
    bind unix@${bodiesSocket(settings)} mode 600
    maxconn ${all}
    no log
    timeout client 10m
    filter lua.body_cap${route(files)}
    http-request deny deny_status 421 if !{ var(txn.be) -m found }
    http-request set-var(txn.cap) ${capOf(files)}
    http-request track-sc0 req.hdr_ip(x-real-ip,1),ipmask(32,64) table st_bodies
    http-request deny deny_status 429 if { sc0_conn_cur gt ${limits.clientBodies} }
    http-request track-sc1 var(txn.be) table st_slots
    http-request deny deny_status 429 if { sc1_conn_cur gt ${Math.ceil(all / 5)} }
    http-request deny deny_status 429 if { fe_conn gt ${all - Math.ceil(all / 4)} } !{ var(txn.be) -m str ${backendName(0)} }
${
  settings.inside
    ? `    http-request set-var(txn.be) str(${INSIDE}) if { req.hdr(${FLAG}) -m found }
    http-request del-header ${FLAG}
`
    : ''
}    http-request disable-l7-retry if !{ method GET HEAD OPTIONS }
    http-after-response set-status 413 if { var(txn.cut) -m int 413 }
    http-after-response set-status 408 if { var(txn.cut) -m int 408 }
    use_backend %[var(txn.be)]

backend ${BODIES} from common
    http-reuse never
    option httpclose
    timeout server 10m
    server ${BODIES} unix@${bodiesSocket(settings)}
`;
}
