import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { Runner } from '../exec/port.ts';
import { runOrRefuse } from '../exec/run.ts';
import * as commands from './commands.ts';
import { attachedElsewhere, busy, damaged, storageFailed } from './errors.ts';
import { type MountSeen, parseDevices, parseMounts } from './parse.ts';
import type { Place } from './port.ts';

/** e2fsck's answers up to here: nothing wrong, put right, put right and a reboot advised for a root file system. */
const REPAIRED = 2;
/** A device lets go a moment after its last mount. */
const LET_GO_TRIES = 40;

/** What is mounted on exactly this path; the topmost. */
export const mountAt = async (path: string): Promise<MountSeen | undefined> =>
  parseMounts(await readFile('/proc/self/mountinfo', 'utf8')).findLast((mount) => mount.path === path);

export async function devicesOf(run: Runner, image: string): Promise<Outcome<readonly string[]>> {
  const listed = await runOrRefuse(run, commands.listAttached(image));
  return isRefusal(listed)
    ? storageFailed('listing loop devices', listed.message)
    : parseDevices(listed.stdout);
}

/** Mounts below it are told to, and taken from, every copy of the mount namespace that follows ours. */
export async function ensureShared(run: Runner, directory: string): Promise<Outcome<void>> {
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const there = await mountAt(directory);
  if (there?.shared) return;
  for (const command of [
    ...(there ? [] : [commands.bindItself(directory)]),
    commands.makeShared(directory),
  ]) {
    const ran = await runOrRefuse(run, command);
    if (isRefusal(ran)) return storageFailed(`sharing ${directory}`, ran.message);
  }
}

/** Lets go of every device of the image; refuses where somebody else holds one. */
export async function release(run: Runner, image: string): Promise<Outcome<void>> {
  for (let tries = 0; ; tries += 1) {
    const devices = await devicesOf(run, image);
    if (isRefusal(devices)) return devices;
    if (devices.length === 0) return;
    if (tries >= LET_GO_TRIES) return attachedElsewhere(image, devices);
    if (tries === 0) for (const device of devices) await run.run(commands.detach(device));
    await sleep(50);
  }
}

/** Attaches the image for `work`, and lets go of it: at once, or with the mount that `work` made. */
export async function whileAttached<T>(
  run: Runner,
  image: string,
  work: (device: string) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const free = await release(run, image);
  if (isRefusal(free)) return free;
  const attached = await runOrRefuse(run, commands.attach(image));
  if (isRefusal(attached)) return storageFailed(`attaching ${image}`, attached.message);
  const device = attached.stdout.trim();
  try {
    await run.run(commands.directIo(device));
    return await work(device);
  } finally {
    await run.run(commands.detach(device));
  }
}

async function check(run: Runner, image: string, device: string): Promise<Refusal | undefined> {
  const ran = await run.run(commands.checkFilesystem(device));
  if (isRefusal(ran)) return ran;
  return ran.code <= REPAIRED ? undefined : damaged(image, (ran.stdout + ran.stderr).trim().slice(-500));
}

/** The image's file system on its directory, checked; one that is mounted there stays. */
export async function ensureMounted(run: Runner, { image, mount }: Place): Promise<Outcome<void>> {
  const shared = await ensureShared(run, dirname(mount));
  if (isRefusal(shared)) return shared;
  const there = await mountAt(mount);
  if (there) {
    const devices = await devicesOf(run, image);
    if (isRefusal(devices)) return devices;
    return devices.includes(there.source)
      ? undefined
      : busy(mount, `${there.source} is mounted there, which is not ${image}`);
  }
  await mkdir(mount, { recursive: true, mode: 0o711 });
  const mounted = await whileAttached(run, image, async (device) => {
    const unsound = await check(run, image, device);
    if (unsound) return unsound;
    const ran = await runOrRefuse(run, commands.mountDevice(device, mount));
    return isRefusal(ran) ? storageFailed(`mounting ${image}`, ran.message) : undefined;
  });
  if (isRefusal(mounted)) return mounted;
  await chmod(mount, 0o711);
}

/** Unmounted here, and attached nowhere. */
export async function ensureUnmounted(run: Runner, { image, mount }: Place): Promise<Outcome<void>> {
  while (await mountAt(mount)) {
    const ran = await runOrRefuse(run, commands.unmount(mount));
    if (isRefusal(ran)) return busy(mount, ran.message);
  }
  return release(run, image);
}
