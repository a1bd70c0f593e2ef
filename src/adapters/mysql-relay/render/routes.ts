import { isIP } from 'node:net';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { routeInvalid } from '../../pgbouncer/errors.ts';
import type { GatewayConfig, GatewayRoute, RelayRoute } from '../port.ts';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const isSound = ({ user, source, until, backend }: GatewayRoute): boolean =>
  NAME.test(user) &&
  isIP(source) !== 0 &&
  !Number.isNaN(Date.parse(until)) &&
  isIP(backend.host) !== 0 &&
  Number.isInteger(backend.port) &&
  backend.port > 0 &&
  backend.port < 65_536;

const toRoute = ({ source, until, backend: { host, port } }: GatewayRoute): RelayRoute => ({
  source,
  until,
  host,
  port,
});

function routesOf(routes: readonly GatewayRoute[]): Outcome<Readonly<Record<string, RelayRoute>>> {
  const bad = routes.find((route) => !isSound(route));
  if (bad) return routeInvalid(bad.user);
  const sorted = [...routes].sort((a, b) => (a.user < b.user ? -1 : 1));
  return Object.fromEntries(sorted.map((route) => [route.user, toRoute(route)]));
}

/** The relay's files. No verifier is among them: it passes proofs on and judges none. */
export function renderRelayFiles(config: GatewayConfig): Outcome<Readonly<Record<string, string>>> {
  const routes = routesOf(config.routes);
  if (isRefusal(routes)) return routes;
  return {
    'tls.key': config.certificate.key.reveal(),
    'tls.crt': config.certificate.chain,
    'ca.crt': config.ca,
    'routes.json': `${JSON.stringify(routes, undefined, 2)}\n`,
  };
}
