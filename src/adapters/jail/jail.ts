import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  lstat,
  mkdir,
  readFile,
  readlink,
  statfs,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '../../kernel/command.ts';
import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { Runner, Started, Starter } from '../exec/port.ts';
import { runOrRefuse } from '../exec/run.ts';
import { cgroupUse, killCgroup, makeCgroup } from './cgroup.ts';
import * as commands from './commands.ts';
import { jailUnavailable } from './errors.ts';
import { MAX_SLOTS, RUN_DIR, type Slot, slotOf } from './layout.ts';
import { parseOpenFiles, parseResolvers } from './parse.ts';
import type { Jail, JailRun, JailSpec, Jails } from './port.ts';
import { baseEtc, renderIptables, renderNft } from './render.ts';
import { isSetUp, teardown } from './teardown.ts';

export interface JailDeps {
  readonly runner: Runner & Starter;
  /** IPv4 addresses; those of this host unless told. */
  readonly resolvers?: readonly string[];
  readonly launcher?: commands.Launcher;
}

const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';
const TAIL = 40;

export function makeJails(deps: JailDeps): Jails {
  return {
    open: async (spec) => {
      const slot = slotOf(spec.slot);
      await teardown(deps.runner, slot);
      try {
        const jail = await open(deps, spec, slot);
        if (isRefusal(jail)) await teardown(deps.runner, slot);
        return jail;
      } catch (error) {
        await teardown(deps.runner, slot);
        return jailUnavailable('setting it up', error instanceof Error ? error.message : String(error));
      }
    },
    async sweep() {
      let found = 0;
      for (let n = 0; n < MAX_SLOTS; n += 1) {
        if (!isSetUp(slotOf(n))) continue;
        found += 1;
        await teardown(deps.runner, slotOf(n));
      }
      return found;
    },
  };
}

async function open(deps: JailDeps, spec: JailSpec, slot: Slot): Promise<Outcome<Jail>> {
  const { runner } = deps;
  const started = Date.now();
  const launcher = deps.launcher ?? {
    node: process.execPath,
    file: fileURLToPath(new URL('./launch.ts', import.meta.url)),
  };
  const resolvers = deps.resolvers ?? (await hostResolvers());
  const readOnly = await layOut(runner, spec, slot, resolvers);
  if (isRefusal(readOnly)) return readOnly;
  const volume = await mountVolume(runner, spec, slot);
  if (volume) return volume;
  const network = await makeNetwork(runner, slot, resolvers);
  if (network) return network;

  const procs = await makeCgroup(slot.cgroup, spec.limits);
  const held = runner.start(commands.holder(launcher, procs, slot, spec.limits.seconds + 120));
  const mapped = await mapUsers(runner, held, slot);
  if (mapped) return mapped;
  const inside: commands.Inside = {
    slot,
    holderPid: held.pid ?? 0,
    launcher,
    procs,
    readOnly,
    seconds: spec.limits.seconds,
    openFiles: Math.min(65_536, parseOpenFiles(await readFile('/proc/self/limits', 'utf8'))),
  };
  const volumeDir = join(slot.dir, 'volume');

  return {
    volumeDir,
    run(command, onLine, signal) {
      const left = started + spec.limits.seconds * 1000 - Date.now();
      return runInside(runner, slot, commands.inside(inside, command), left, onLine, signal);
    },
    async use() {
      const { bavail, bsize } = await statfs(volumeDir);
      return { ...(await cgroupUse(slot.cgroup)), diskFreeBytes: bavail * bsize };
    },
    async close() {
      await teardown(runner, slot);
      await held.done;
    },
  };
}

/** Makes the slot's directory and what the jail sees of the host. */
async function layOut(
  runner: Runner,
  spec: JailSpec,
  slot: Slot,
  resolvers: readonly string[],
): Promise<Outcome<Record<string, string>>> {
  await mkdir(RUN_DIR, { recursive: true, mode: 0o711 });
  await mkdir(slot.dir, { mode: 0o711 });
  for (const name of ['etc', 'jail', 'rootfs', 'volume', 'see'])
    await mkdir(join(slot.dir, name), { mode: 0o755 });
  for (const [path, text] of Object.entries({ ...baseEtc(resolvers), ...spec.files })) {
    if (!/^\/(etc|jail)\/[a-z0-9./_-]+$/i.test(path) || path.includes('..'))
      throw new Error(`bad jail file ${path}`);
    await mkdir(dirname(join(slot.dir, path)), { recursive: true, mode: 0o755 });
    await writeFile(join(slot.dir, path), text, { mode: 0o644 });
  }
  await mkdir(join(slot.dir, 'etc/ssl/certs'), { recursive: true, mode: 0o755 });
  if (existsSync(CA_BUNDLE)) await copyFile(CA_BUNDLE, join(slot.dir, CA_BUNDLE));
  const cache = join(spec.rootfs, 'etc/ld.so.cache');
  if (existsSync(cache)) await copyFile(cache, join(slot.dir, 'etc/ld.so.cache'));

  const binds: [string, string][] = [[spec.rootfs, join(slot.dir, 'rootfs')]];
  const seen: Record<string, string> = {};
  for (const [index, [place, from]] of Object.entries(spec.readOnly).entries()) {
    const to = join(slot.dir, 'see', String(index));
    await mkdir(to);
    binds.push([from, to]);
    seen[place] = to;
  }
  for (const [from, to] of binds) {
    const ran = await runOrRefuse(runner, commands.bind(from, to));
    if (isRefusal(ran)) return jailUnavailable(`showing ${from}`, ran.message);
  }
  for (const [index, [place, file]] of Object.entries(spec.readOnlyVolumes).entries()) {
    const to = join(slot.dir, 'see', `volume-${index}`);
    await mkdir(to);
    const ran = await runOrRefuse(runner, commands.mountSealed(file, to));
    if (isRefusal(ran)) return jailUnavailable(`mounting ${file}`, ran.message);
    seen[place] = join(to, 'storage');
  }
  return seen;
}

async function mountVolume(runner: Runner, spec: JailSpec, slot: Slot): Promise<Refusal | undefined> {
  if (!existsSync(spec.volume)) {
    await mkdir(dirname(spec.volume), { recursive: true, mode: 0o700 });
    await writeFile(spec.volume, '', { mode: 0o600 });
    await truncate(spec.volume, spec.limits.diskBytes);
    const made = await runOrRefuse(runner, commands.makeVolume(spec.volume, slot));
    if (isRefusal(made)) return jailUnavailable('making its disk', made.message);
  }
  const dir = join(slot.dir, 'volume');
  const mounted = await runOrRefuse(runner, commands.mountVolume(spec.volume, dir));
  if (isRefusal(mounted)) return jailUnavailable('mounting its disk', mounted.message);
  await chmod(dir, 0o711);
  for (const name of ['storage', 'tmp', 'out']) {
    const path = join(dir, name);
    await mkdir(path, { mode: 0o700 }).catch(() => undefined);
    // The top of the volume is shown to nobody inside, so these are ours; make sure all the same.
    if (!(await lstat(path)).isDirectory()) return jailUnavailable('its disk', `${name} is not a directory`);
    await chown(path, slot.base, slot.base);
  }
  return undefined;
}

async function makeNetwork(
  runner: Runner,
  slot: Slot,
  resolvers: readonly string[],
): Promise<Refusal | undefined> {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((each) => each.family === 'IPv4')
    .map((each) => each.address)
    .filter((address) => !resolvers.includes(address));
  const steps: Command[] = [
    // Rules first: the link is never up without them.
    commands.applyNft(renderNft(slot, resolvers, own)),
    commands.applyIptables(renderIptables(slot, resolvers)),
    ...commands.makeNetwork(slot),
  ];
  for (const step of steps) {
    const ran = await runOrRefuse(runner, step);
    if (isRefusal(ran)) return jailUnavailable('its network', ran.message);
  }
  const conf = `/proc/sys/net/ipv4/conf/${slot.veth}`;
  await writeFile(`${conf}/rp_filter`, '1');
  await writeFile(`/proc/sys/net/ipv6/conf/${slot.veth}/disable_ipv6`, '1').catch(() => undefined);
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  return undefined;
}

/** Waits for the holder's namespace, then writes its map with the host's root: no set-uid helper is needed. */
async function mapUsers(runner: Runner, held: Started, slot: Slot): Promise<Refusal | undefined> {
  const ours = await readlink('/proc/self/ns/user');
  const at = `/proc/${held.pid}`;
  for (let round = 0; ; round += 1) {
    const theirs = await readlink(`${at}/ns/user`).catch(() => ours);
    const name = await readFile(`${at}/comm`, 'utf8').catch(() => '');
    if (theirs !== ours && name.trim() === 'sleep') break;
    if (round > 1000 || held.pid === undefined || name === '') {
      const said = await Promise.race([held.done, sleep(100)]);
      return jailUnavailable(
        'its user namespace',
        isRefusal(said) ? said.message : (said?.stderr ?? 'it took too long'),
      );
    }
    await sleep(10);
  }
  await writeFile(`${at}/uid_map`, `0 ${slot.base} 65536\n`);
  await writeFile(`${at}/gid_map`, `0 ${slot.base} 65536\n`);
  const forbidden = await runOrRefuse(runner, commands.forbidUserNamespaces(held.pid ?? 0));
  return isRefusal(forbidden) ? jailUnavailable('its user namespace', forbidden.message) : undefined;
}

async function runInside(
  runner: Starter,
  slot: Slot,
  command: Command,
  leftMs: number,
  onLine?: (line: string) => void,
  signal?: AbortSignal,
): Promise<Outcome<JailRun>> {
  const tail: string[] = [];
  let ended: 'timeout' | 'cancelled' | undefined;
  const end = (why: 'timeout' | 'cancelled') => {
    ended ??= why;
    void killCgroup(slot.cgroup);
  };
  const cancel = () => end('cancelled');
  if (signal?.aborted) return { code: 137, tail, ended: 'cancelled' };
  if (leftMs <= 0) return { code: 137, tail, ended: 'timeout' };
  const timer = setTimeout(() => end('timeout'), leftMs);
  signal?.addEventListener('abort', cancel);
  const ran = await runner.start(command, (line) => {
    tail.push(line);
    if (tail.length > TAIL) tail.shift();
    onLine?.(line);
  }).done;
  clearTimeout(timer);
  signal?.removeEventListener('abort', cancel);
  if (ended) return { code: 137, tail, ended };
  return isRefusal(ran) ? ran : { code: ran.code, tail };
}

async function hostResolvers(): Promise<string[]> {
  for (const file of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    const found = parseResolvers(await readFile(file, 'utf8').catch(() => ''));
    if (found.length > 0) return found.slice(0, 3);
  }
  return [];
}
