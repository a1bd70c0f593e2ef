import { edgeArgv } from '../../../src/adapters/haproxy/commands.ts';
import { type Rendered, render } from '../../../src/adapters/haproxy/render.ts';
import { DEFAULT_LIMITS, EDGE_UID, type EdgeSettings } from '../../../src/adapters/haproxy/settings.ts';
import { edgeConfig } from '../../../src/capabilities/edge/plan.ts';
import { must } from '../../../src/kernel/refusal.ts';
import { edgeFacts } from '../fleet.ts';
import { type Contender, DOMAIN, hostName, type Site } from './contender.ts';

/** More apps than this have more names each instead. */
const MOST_APPS = 1000;
/** One client asks for everything here: the rules stay, their numbers do not bite. */
const NEVER = 100_000_000;

const settingsOf = (site: Site): EdgeSettings => ({
  files: site.directory,
  sockets: { admin: `${site.directory}/admin.sock`, master: `${site.directory}/master.sock` },
  bind: { http: [`127.0.0.1:${site.port + 1}`], https: [`127.0.0.1:${site.port}`] },
  log: 'stdout',
  gid: EDGE_UID,
  limits: {
    ...DEFAULT_LIMITS,
    clientConnections: NEVER,
    clientConnectionRate: NEVER,
    clientRequests: NEVER,
    projectConcurrent: NEVER,
  },
});

/** The platform's edge as the agent renders it: same code, same rules, a health-checked server for every app. */
export function renderBastide(site: Site): Rendered {
  const apps = Math.min(site.routes, MOST_APPS);
  const facts = edgeFacts({
    apps,
    namesEach: site.routes / apps,
    tasksEach: 1,
    name: hostName,
    server: () => site.app,
    requestLimit: NEVER,
  });
  const wildcard = `*.${DOMAIN}`;
  const certificate = { name: wildcard, hosts: [wildcard], pem: site.certificate + site.key };
  return must(render(settingsOf(site), edgeConfig({ ...facts, certificates: [certificate] })));
}

/** No root, no capabilities: as in its container. */
const UNPRIVILEGED = [
  'setpriv',
  `--reuid=${EDGE_UID}`,
  `--regid=${EDGE_UID}`,
  '--clear-groups',
  '--no-new-privs',
  '--inh-caps=-all',
  '--bounding-set=-all',
];

export const bastide = (site: Site): Contender => ({
  name: 'Bastide',
  routes: site.routes,
  port: site.port,
  files: renderBastide(site).files,
  argv: [...UNPRIVILEGED, ...edgeArgv(settingsOf(site))],
});
