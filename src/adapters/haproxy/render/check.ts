import { isIP } from 'node:net';
import { HEALTH_PATH } from '../../../kernel/health-path.ts';
import type { Refusal } from '../../../kernel/refusal.ts';
import { edgeConfigRefused } from '../errors.ts';
import type { EdgeConfig, EdgeServer } from '../port.ts';

const HOST = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SERVER = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$/;
const SOCKET = /^\/[A-Za-z0-9/_.-]{1,100}$/;
const PROJECT = /^[a-zA-Z0-9_-]{1,64}$/;
/** RFC 8555 section 8.3: base64url. */
const TOKEN = /^[A-Za-z0-9_-]{1,256}$/;
const KEY_AUTHORIZATION = /^[A-Za-z0-9_.-]{1,512}$/;

const wrongServer = (server: EdgeServer): boolean => {
  const { target } = server;
  if (!SERVER.test(server.name) || !HEALTH_PATH.test(server.healthPath)) return true;
  if ('socket' in target) return !SOCKET.test(target.socket);
  return (
    isIP(target.address) === 0 || !Number.isInteger(target.port) || target.port < 1 || target.port > 65535
  );
};

const first = <T>(items: readonly T[], wrong: (item: T) => boolean): string | undefined => {
  const found = items.find(wrong);
  return found === undefined ? undefined : JSON.stringify(found).slice(0, 200);
};

/**
 * Everything that becomes text of HAProxy's is one of a few closed alphabets, so that no name can end a line, a
 * word or a command. Whatever is not, is refused here, whoever sent it.
 */
export function refuseConfig(config: EdgeConfig): Refusal | undefined {
  const slots = new Set(config.backends.map((backend) => backend.slot));
  const names = config.backends.flatMap((b) => b.servers.map((server) => `${b.slot}/${server.name}`));
  const wrong =
    first(config.backends, (b) => !Number.isInteger(b.slot) || b.slot < 0 || b.slot > config.slots) ??
    first(config.backends, (b) => !PROJECT.test(b.project) || !HOST.test(b.host)) ??
    first(config.backends, (b) => !(b.limits.projectRequests > 0) || !(b.limits.bodyBytes > 0)) ??
    first(
      config.backends.flatMap((b) => b.servers),
      wrongServer,
    ) ??
    first(config.routes, (route) => !HOST.test(route.host) || !slots.has(route.slot)) ??
    first(
      config.certificates.map(({ name, hosts }) => ({ name, hosts })),
      (c) => !HOST.test(c.name) || c.hosts.some((host) => !HOST.test(host)),
    ) ??
    first(config.challenges, (c) => !TOKEN.test(c.token) || !KEY_AUTHORIZATION.test(c.keyAuthorization));
  if (wrong !== undefined) return edgeConfigRefused(`unfit: ${wrong}`);
  if (slots.size !== config.backends.length) return edgeConfigRefused('two backends have one slot');
  if (new Set(names).size !== names.length) return edgeConfigRefused('two servers have one name');
  if (new Set(config.routes.map((route) => route.host)).size !== config.routes.length) {
    return edgeConfigRefused('one host leads to two places');
  }
  return undefined;
}
