import type { Client, Credential, Instance } from '../databases/port.ts';
import { PLACES } from './places.ts';

/** A command as the platform's own user: redis-cli with the password of this start of the server. */
export const administer = (...words: string[]): string[] => ['/usr/lib/bastide/admin', ...words];

/** Every key that stays, a line each: database, key in hex, digest of its value. */
export const keys = (): string[] => ['/usr/lib/bastide/keys'];

export const readSnapshot = (): string[] => ['/bin/cat', PLACES.snapshot];
export const takeSnapshot = (): string[] => [
  ...['/bin/dd', `of=${PLACES.incoming}`, 'bs=1M', 'iflag=fullblock', 'conv=fsync', 'status=none'],
];
export const checkSnapshot = (): string[] => ['/usr/bin/redis-check-rdb', PLACES.incoming];
export const useSnapshot = (): string[] => ['/bin/mv', PLACES.incoming, PLACES.snapshot];
export const forgetSnapshot = (): string[] => ['/bin/rm', '-f', PLACES.incoming, PLACES.snapshot];

/** For people: over TLS, verified, as their own user. */
export const client = ({ host }: Instance, { user, password }: Credential): Client => ({
  argv: [
    ...['redis-cli', '--no-auth-warning', '--tls', '--cacert', PLACES.ca, '--sni', host],
    ...['-h', host, '-p', String(PLACES.port), '--user', user],
  ],
  env: { REDISCLI_AUTH: password, REDISCLI_HISTFILE: '/dev/null' },
});
