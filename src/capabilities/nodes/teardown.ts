import { readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { readBefore } from './before.ts';
import * as commands from './commands.ts';
import { pathsOf } from './daemon/render.ts';
import type { NodeDeps } from './deps.ts';
import { stopEngine } from './engine.ts';
import { sysctlPath } from './observe.ts';
import { isEmptyTable, mountsBelow, parseLinks, parseTables } from './parse.ts';

const ENGINE_LINK =
  /^(docker0|docker_gwbridge|bastide-vpn|bst-[0-9a-f]{10}|veth[0-9a-f]{7}|vx-[0-9a-f]{6}-.*|ov-[0-9a-f]{6}-.*)$/;

async function removeLinks({ run }: NodeDeps): Promise<Outcome<void>> {
  const listed = await run.run(commands.listAddresses);
  if (isRefusal(listed)) return listed;
  for (const { name } of parseLinks(listed.stdout)) {
    // The other half of a pair goes with the first: a failure here is of no interest.
    if (ENGINE_LINK.test(name)) await run.run(commands.deleteLink(name));
  }
}

async function removeMounts({ run, settings }: NodeDeps): Promise<void> {
  const paths = pathsOf(settings);
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8');
  const roots = [settings.engineRoot, paths.execRoot, paths.containerdRoot, paths.containerdState];
  for (const path of mountsBelow(mountinfo, roots)) {
    // The state directory itself may be a mount of the operator's.
    if (path !== settings.engineRoot) await run.run(commands.unmount(path));
  }
  for (const path of [paths.execRoot, paths.containerdState])
    await rm(path, { recursive: true, force: true });
}

/** Tables that iptables made for us and that filter nothing any more. */
async function removeTables({ run }: NodeDeps, before: readonly string[]): Promise<void> {
  const listed = await run.run(commands.listTables);
  if (isRefusal(listed)) return;
  for (const table of parseTables(listed.stdout)) {
    if (before.includes(table) || !/^ip6? (raw|mangle|nat|filter)$/.test(table)) continue;
    const text = await run.run(commands.listTable(table));
    if (!isRefusal(text) && isEmptyTable(text.stdout)) await run.run(commands.deleteTable(table));
  }
}

/** Removes the cgroups below the engine's parent, leaves first; they are empty once the containers are gone. */
async function removeCgroups(parent: string): Promise<void> {
  const remove = async (directory: string): Promise<void> => {
    const below = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of below) if (entry.isDirectory()) await remove(join(directory, entry.name));
    await rmdir(directory).catch(() => {});
  };
  const root = '/sys/fs/cgroup';
  const hierarchies = await readdir(root, { withFileTypes: true }).catch(() => []);
  await remove(join(root, parent));
  for (const entry of hierarchies) if (entry.isDirectory()) await remove(join(root, entry.name, parent));
}

async function restoreSysctls(values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values))
    await writeFile(sysctlPath(name), value).catch(() => {});
}

/**
 * Takes the node's foundation away: engine and containers, their mounts, bridges, rules and cgroups, the address,
 * the kernel settings. Stays on disk: the engine's state, so that the next start brings the same apps back, unless
 * `forget` (then the node leaves the cluster, and its services and networks with it). Safe to run twice.
 */
export async function tearDownNode(
  deps: NodeDeps,
  options: { readonly forget?: boolean } = {},
): Promise<Outcome<void>> {
  const { settings, firewall } = deps;
  const before = await readBefore(deps);
  if (options.forget) {
    const left = await deps.engine.swarmLeave();
    if (isRefusal(left) && left.code !== 'engine_unreachable') return left;
  }
  const stopped = await stopEngine(deps);
  if (isRefusal(stopped)) return stopped;
  await removeMounts(deps);
  const links = await removeLinks(deps);
  if (isRefusal(links)) return links;
  // The filter goes last: until here nothing was open for a moment.
  for (const removed of [await firewall.removeEngineRules(), await firewall.remove()]) {
    if (isRefusal(removed)) return removed;
  }
  await removeTables(deps, before?.tables ?? []);
  await deps.run.run(commands.deleteAddress(settings.internalAddress));
  if (before) await restoreSysctls(before.sysctls);
  await removeCgroups(settings.cgroupParent);
  await rm(pathsOf(settings).before, { force: true });
}
