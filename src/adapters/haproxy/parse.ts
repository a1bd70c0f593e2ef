import type { EdgeServerHealth } from './port.ts';

export interface RunningServer {
  readonly slot: number;
  readonly name: string;
  /** `address:port`, or `unix`. */
  readonly target: string;
  readonly weight: number;
  readonly draining: boolean;
  readonly maintenance: boolean;
  readonly sessions: number;
  readonly up: boolean;
  readonly check: string;
}

/** One line of CSV as `show stat` writes it: quotes where needed, doubled inside. */
const cells = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    (m) => m[1]?.replaceAll('""', '"') ?? m[2] ?? '',
  );

const CHECKS: Readonly<Record<string, string>> = {
  INI: 'not checked yet',
  UNK: 'not checked yet',
  L4TOUT: 'timeout',
  L6TOUT: 'timeout',
  L7TOUT: 'timeout',
  L7RSP: 'no valid HTTP answer',
  SOCKERR: 'socket error',
  HANA: 'traffic failed',
};

/** The last check in words: `HTTP 503`, `connection refused`, `timeout` … */
function checkWords(status: string, code: string, detail: string): string {
  const plain = status.replace(/^\* /, '');
  if (plain === 'L7OK' || plain === 'L7STS' || plain === 'L7OKC') return code ? `HTTP ${code}` : 'passed';
  if (plain === 'L4CON') return detail ? detail.toLowerCase() : 'connection failed';
  return CHECKS[plain] ?? (detail || plain || 'not checked yet');
}

/** `show servers state` (who is drained) and `show stat -1 4 -1` (everything else), in one text or two. */
export function parseServers(state: string, stat: string): RunningServer[] {
  const draining = new Set<string>();
  for (const line of state.split('\n')) {
    const field = line.split(' ');
    // srv_admin_state: 0x08 is "drain, forced"; the other bits depend on how a server came to be.
    if (field.length > 18 && !line.startsWith('#') && (Number(field[6]) & 0x08) !== 0)
      draining.add(`${field[1]}/${field[3]}`);
  }
  const lines = stat.split('\n').filter((line) => line.trim() !== '');
  const head = lines.find((line) => line.startsWith('# '));
  if (!head) return [];
  const names = cells(head.slice(2));
  return lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => {
      const values = cells(line);
      const get = (name: string): string => values[names.indexOf(name)] ?? '';
      const status = get('status');
      const last = get('check_status').replace(/^\* /, '');
      return {
        slot: Number(get('pxname').slice(1)),
        name: get('svname'),
        target: get('addr'),
        weight: Number(get('weight')),
        draining: draining.has(`${get('pxname')}/${get('svname')}`),
        maintenance: status.startsWith('MAINT'),
        sessions: Number(get('scur')),
        up: /^(UP|DRAIN)/.test(status) && last.startsWith('L7OK'),
        check: checkWords(get('check_status'), get('check_code'), get('last_chk')),
      };
    })
    .filter((server) => Number.isInteger(server.slot));
}

/** What the port tells about a running server. */
export const serverHealth = (server: RunningServer): EdgeServerHealth => ({
  slot: server.slot,
  name: server.name,
  up: server.up && !server.maintenance,
  state: server.maintenance
    ? 'maintenance'
    : server.draining
      ? 'draining'
      : server.weight > 0
        ? 'ready'
        : 'candidate',
  check: server.check,
  currentSessions: server.sessions,
});

/** `show map FILE`: `0xADDRESS key value`. */
export function parseMap(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = line.match(/^0x[0-9a-f]+ (\S+) (.*)$/) ?? [];
    if (key !== undefined && value !== undefined) entries.set(key, value);
  }
  return entries;
}

/** `show ssl crt-list FILE`: `file.pem [options] host host`, as `file.pem host host`. */
export const parseCertificateList = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/^(\S+?)(:\d+)?( \[[^\]]*\])?( |$)/, '$1 ').trim())
    .filter((line) => line.startsWith('/'));

/** `show env NAME`. */
export const parseEnv = (text: string): string | undefined => text.match(/^BASTIDE_STATIC=(\S+)/m)?.[1];

/** `show ssl cert FILE`: the SHA-1 of what is loaded, lower case, or nothing. */
export const parseFingerprint = (text: string): string | undefined =>
  text.match(/^SHA1 FingerPrint: ([0-9A-F]{40})/m)?.[1]?.toLowerCase();
