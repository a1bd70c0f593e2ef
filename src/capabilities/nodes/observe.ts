import { readFile } from 'node:fs/promises';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { listAddresses, listRoutes } from './commands.ts';
import { renderFiles, sha256 } from './daemon/render.ts';
import type { NodeDeps } from './deps.ts';
import { nodeUnreadable } from './errors.ts';
import { type NodeFacts, REMAP_BASE, REMAP_SIZE, REMAP_USER } from './model.ts';
import { hasRange, hasUser, parseLinks, parseRoutes, parseUplink } from './parse.ts';
import { SYSCTLS } from './plan.ts';
import { engines } from './processes.ts';

const text = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
export const sysctlPath = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

export async function readSysctls(): Promise<Record<string, string | undefined>> {
  const names = Object.keys(SYSCTLS);
  const values = await Promise.all(names.map((name) => text(sysctlPath(name))));
  return Object.fromEntries(names.map((name, i) => [name, values[i]?.trim()]));
}

async function observeEngine({ engine }: NodeDeps): Promise<NodeFacts['engine']> {
  const facts = await engine.facts();
  if (isRefusal(facts)) return undefined;
  const networks = await engine.networks();
  if (isRefusal(networks)) return undefined;
  const { labels, securityOptions, root, swarm } = facts;
  return { labels, securityOptions, root, swarm, networks: networks.map(({ name }) => name) };
}

/** What is true on this node now. */
export async function observeNode(deps: NodeDeps, seccomp: string): Promise<Outcome<NodeFacts>> {
  const listed = await deps.run.run(listAddresses);
  if (isRefusal(listed)) return listed;
  if (listed.code !== 0) return nodeUnreadable('The addresses', listed.stderr.trim());
  const routes = await deps.run.run(listRoutes);
  if (isRefusal(routes)) return routes;
  // Without a single route the program answers with an error.
  const routesJson = routes.code === 0 ? routes.stdout : '[]';

  const links = parseLinks(listed.stdout);
  const uplink = parseUplink(routesJson);
  const paths = Object.keys(renderFiles(deps.settings, seccomp));
  const contents = await Promise.all(paths.map(text));
  const [passwd, subuid, subgid] = await Promise.all(['/etc/passwd', '/etc/subuid', '/etc/subgid'].map(text));
  const range = (file: string | undefined) => hasRange(file ?? '', REMAP_USER, REMAP_BASE, REMAP_SIZE);
  return {
    remapUser: { user: hasUser(passwd ?? '', REMAP_USER), subuid: range(subuid), subgid: range(subgid) },
    addresses: links.flatMap(({ addresses }) => addresses),
    routes: parseRoutes(routesJson),
    sysctls: await readSysctls(),
    files: Object.fromEntries(
      paths.map((path, i) => {
        const content = contents[i];
        return [path, content === undefined ? undefined : sha256(content)];
      }),
    ),
    engines: await engines(),
    engine: await observeEngine(deps),
    mtu: links.find(({ name }) => name === uplink)?.mtu ?? 1500,
  };
}
