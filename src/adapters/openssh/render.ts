import { KEY_KINDS } from '../../kernel/ssh-key.ts';
import type { Login } from './port.ts';

export interface SshdPlaces {
  /** Directory of the gateway's files, as it sees it. */
  readonly files: string;
  readonly port: number;
  /** Addresses to listen on; all of both families unless told. */
  readonly listen?: readonly string[];
}

/**
 * sshd's own configuration. It runs as a user without rights, so all login names are that one user; a login name says
 * which app is meant. Everything that is not said is refused: forwarding of any kind, sftp, a user's own environment.
 */
export const renderSshd = ({ files, port, listen = ['0.0.0.0', '::'] }: SshdPlaces): string =>
  `${[
    `Port ${port}`,
    ...listen.map((address) => `ListenAddress ${address}`),
    `HostKey ${files}/host_key`,
    `HostCertificate ${files}/host_key-cert.pub`,
    `TrustedUserCAKeys ${files}/user_ca.pub`,
    `RevokedKeys ${files}/revoked.krl`,
    `AuthorizedPrincipalsFile ${files}/principals.%u`,
    `AuthorizedKeysFile ${files}/keys.%u`,
    'AuthenticationMethods publickey',
    'PubkeyAuthentication yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'HostbasedAuthentication no',
    'PermitEmptyPasswords no',
    'PermitRootLogin no',
    'UsePAM no',
    'ExposeAuthInfo yes',
    'ForceCommand bastide',
    'DisableForwarding yes',
    'AllowTcpForwarding no',
    'AllowStreamLocalForwarding no',
    'AllowAgentForwarding no',
    'X11Forwarding no',
    'PermitTunnel no',
    'GatewayPorts no',
    'PermitUserEnvironment no',
    'PermitUserRC no',
    'PermitTTY yes',
    'AcceptEnv none',
    'MaxAuthTries 3',
    'MaxSessions 4',
    'LoginGraceTime 20',
    'MaxStartups 10:30:60',
    'PerSourceMaxStartups 8',
    'PerSourceNetBlockSize 32:64',
    'ClientAliveInterval 30',
    'ClientAliveCountMax 3',
    'RekeyLimit 512M 1h',
    'LogLevel VERBOSE',
    'PrintMotd no',
    'PrintLastLog no',
    'PidFile none',
    '# all files are ours and read-only: there is no home directory whose rights could be wrong',
    'StrictModes no',
    'Banner none',
    'Compression no',
    'UseDNS no',
    'VersionAddendum none',
    'KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org',
    'HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com,ssh-ed25519',
    `PubkeyAcceptedAlgorithms ${[...CERTIFICATES, ...KEY_KINDS].join(',')}`,
    'CASignatureAlgorithms ssh-ed25519',
    'Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com',
    'MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com',
  ].join('\n')}\n`;

const CERTIFICATES = [
  'ssh-ed25519-cert-v01@openssh.com',
  'ecdsa-sha2-nistp256-cert-v01@openssh.com',
  'ecdsa-sha2-nistp384-cert-v01@openssh.com',
  'sk-ssh-ed25519-cert-v01@openssh.com',
  'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com',
] as const;

const NAME = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/;
const PRINCIPAL = /^[a-z0-9-]{1,80}$/;
const FROM = /^[0-9a-f.:]{2,39}(\/\d{1,3})?$/;

/** Whether a login can be written into sshd's files without changing their meaning. */
export const isSound = ({ name, principal, from }: Login): boolean =>
  NAME.test(name) && PRINCIPAL.test(principal) && from.every((one) => FROM.test(one));

/** `20261122153000Z`: a time as authorized_keys has it. */
export const sshTime = (at: Date): string => `${at.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;

const fromOption = (from: readonly string[]): string[] =>
  from.length === 0 ? [] : [`from="${from.join(',')}"`];

export interface Identity {
  /** The user that sshd runs as, and whose every login name is. */
  readonly uid: number;
  readonly gid: number;
  /** The program that answers instead of a shell. */
  readonly gate: string;
}

/** The files that say who may log in: every login name is there or is nobody. */
export function renderLogins(logins: readonly Login[], { uid, gid, gate }: Identity): Record<string, string> {
  const sound = logins.filter(isSound);
  return {
    passwd: sound.map(({ name }) => `${name}:x:${uid}:${gid}::/tmp:${gate}\n`).join(''),
    ...Object.fromEntries(
      sound.flatMap(({ name, principal, from, keys }) => [
        [`principals.${name}`, `${['restrict', 'pty', ...fromOption(from)].join(',')} ${principal}\n`],
        [
          `keys.${name}`,
          keys
            .map(({ line, until }) =>
              [
                ['restrict', `expiry-time="${sshTime(until)}"`, ...fromOption(from)].join(','),
                `${line}\n`,
              ].join(' '),
            )
            .join(''),
        ],
      ]),
    ),
  };
}

/** What `ssh-keygen -k` reads. */
export const renderRevocations = (serials: readonly number[]): string =>
  [...serials]
    .sort((a, b) => a - b)
    .map((serial) => `serial: ${serial}\n`)
    .join('');

/** The line by which a client knows the gateway, whatever its host key. */
export const renderKnownHosts = (host: string, port: number, authority: string): string =>
  `@cert-authority [${host}]:${port} ${authority.trim()}\n`;
