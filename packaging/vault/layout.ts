import type { Command } from '../../src/kernel/command.ts';
import { storeArguments } from '../../src/vault/commands.ts';
import { FILES, type VaultSettings } from '../../src/vault/settings.ts';

/** Accounts of the vault; numbers without names, so that nothing is written to /etc/passwd. */
export const GATE = 65010;
export const STORE = 65011;

export const CONFIG = '/etc/bastide-vault';
export const SETTINGS = `${CONFIG}/vault.json`;
export const HTPASSWD = `${CONFIG}/htpasswd`;
export const AUTHORITY = `${CONFIG}/ca`;
/** The program, apart from where it was installed from: these accounts cannot look into root's directories. */
export const PROGRAM = '/usr/local/lib/bastide-vault';
export const HOME = '/var/lib/bastide-vault';
export const SERVICES = `${HOME}/services`;
export const LOG = '/var/log/bastide-vault';
export const RUN = '/run/bastide-vault';

export interface Place {
  readonly path: string;
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
}

/** Directories, and who may do what in each: the gate cannot see an object, the store cannot see the journal. */
export const directories = (settings: VaultSettings): readonly Place[] => [
  { path: CONFIG, mode: 0o755, owner: 0, group: 0 },
  { path: AUTHORITY, mode: 0o700, owner: 0, group: 0 },
  { path: PROGRAM, mode: 0o755, owner: 0, group: 0 },
  { path: HOME, mode: 0o755, owner: 0, group: 0 },
  { path: SERVICES, mode: 0o700, owner: 0, group: 0 },
  { path: LOG, mode: 0o700, owner: 0, group: 0 },
  { path: settings.data, mode: 0o700, owner: STORE, group: STORE },
  { path: settings.state, mode: 0o700, owner: GATE, group: GATE },
  { path: settings.keeper, mode: 0o755, owner: STORE, group: STORE },
];

export type Part = 'store' | 'gate' | 'keeper';
export const PARTS: readonly Part[] = ['store', 'gate', 'keeper'];

/** What each part is: the program, and the account and powers that it keeps, which are none. */
export function programOf(part: Part, settings: VaultSettings): { argv: readonly string[]; uid: number } {
  const node = [`${PROGRAM}/node`, `${PROGRAM}/vault.js`];
  if (part === 'gate') return { argv: [...node, 'gate', SETTINGS], uid: GATE };
  if (part === 'keeper') return { argv: [...node, 'keeper', SETTINGS], uid: STORE };
  return { argv: ['/usr/bin/rclone', ...storeArguments(settings), '--htpasswd', HTPASSWD], uid: STORE };
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** As another account, without any right of root, without a way to get one. */
const dropped = (uid: number): string[] => [
  ...['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--no-new-privs'],
  ...['--bounding-set', '-all', '--inh-caps', '-all'],
];

/** The keeper decides what goes: nobody can talk to it. */
const alone = (part: Part): string[] => (part === 'keeper' ? ['unshare', '--net'] : []);

const word = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** runit's files, by path. */
export const runitFiles = (settings: VaultSettings): Readonly<Record<string, string>> =>
  Object.fromEntries(
    PARTS.flatMap((part) => {
      const { argv, uid } = programOf(part, settings);
      const line = ['env', '-i', PATH, 'HOME=/nonexistent', ...alone(part), ...dropped(uid), ...argv];
      const log = `${LOG}/${part}`;
      return [
        [`${SERVICES}/${part}/run`, `#!/bin/sh\nexec 2>&1\numask 077\nexec ${line.map(word).join(' ')}\n`],
        [`${SERVICES}/${part}/log/run`, `#!/bin/sh\nexec svlogd -tt ${word(log)}\n`],
        [`${log}/config`, 's1000000\nn10\n'],
      ];
    }),
  );

export const unitOf = (part: Part): string => `bastide-vault-${part}.service`;

/** systemd's unit of a part. */
export function unit(part: Part, settings: VaultSettings): string {
  const { argv, uid } = programOf(part, settings);
  const writable = {
    store: settings.data,
    gate: settings.state,
    keeper: `${settings.keeper} ${settings.data}`,
  }[part];
  return [
    '[Unit]',
    `Description=Bastide vault: ${part}`,
    'After=network-online.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    `ExecStart=${argv.join(' ')}`,
    ...[
      `User=${uid}`,
      `Group=${uid}`,
      'SupplementaryGroups=',
      'Restart=always',
      'RestartSec=2',
      'UMask=0077',
    ],
    ...['NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'ProtectSystem=strict', 'ProtectHome=yes'],
    ...['PrivateTmp=yes', 'PrivateDevices=yes', 'ProtectKernelTunables=yes', 'ProtectKernelModules=yes'],
    ...['ProtectControlGroups=yes', 'RestrictNamespaces=yes', 'RestrictRealtime=yes', 'LockPersonality=yes'],
    ...['SystemCallArchitectures=native', 'SystemCallFilter=@system-service', `ReadWritePaths=${writable}`],
    part === 'keeper' ? 'PrivateNetwork=yes' : 'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}

const PIDFILE = `${RUN}/runsvdir.pid`;
const daemon = (...words: string[]): Command => ({
  argv: ['start-stop-daemon', ...words, '--oknodo', '--pidfile', PIDFILE, '--exec', '/usr/bin/runsvdir'],
});
export const startRunsvdir: Command = {
  argv: [...daemon('--start', '--background', '--make-pidfile').argv, '--', '-P', SERVICES],
};
export const stopRunsvdir: Command = daemon('--stop', '--signal', 'HUP');
export const sv = (verb: 'force-restart' | 'start' | 'force-stop', part: Part): Command => ({
  argv: ['sv', '-w', '30', verb, `${SERVICES}/${part}`],
});
export const systemctl = (...words: string[]): Command => ({
  argv: ['systemctl', ...words],
  timeoutMs: 120_000,
});

/** A code to enrol with, made as the gate's account, whose file it is. */
export const newCode: Command = {
  argv: ['setpriv', ...dropped(GATE).slice(1), `${PROGRAM}/node`, `${PROGRAM}/vault.js`, 'code', SETTINGS],
};

export const files = {
  chain: `${CONFIG}/${FILES.chain}`,
  key: `${CONFIG}/${FILES.key}`,
  storePassword: `${CONFIG}/${FILES.storePassword}`,
} as const;

/** The line to paste on the platform. */
export const pasteLine = (url: string, fingerprint: string, code: string, name = 'offsite'): string =>
  `bastide vaults:add ${name} --url ${url} --ca ${fingerprint} --code ${code}`;
