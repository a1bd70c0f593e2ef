import { existsSync } from 'node:fs';
import { readFile, rm, rmdir } from 'node:fs/promises';
import type { Runner } from '../exec/port.ts';
import { cgroupDirs, cgroupVersion, killCgroup, removeCgroup } from './cgroup.ts';
import { dropNetwork, unmount } from './commands.ts';
import { RUN_DIR, type Slot } from './layout.ts';
import { parseMountsBeneath } from './parse.ts';

/** Whether anything of the slot is there. */
export const isSetUp = (slot: Slot): boolean =>
  existsSync(slot.dir) ||
  existsSync(`/run/netns/${slot.netns}`) ||
  existsSync(`/sys/class/net/${slot.veth}`) ||
  cgroupDirs(cgroupVersion(), slot.cgroup).some((dir) => existsSync(dir));

/** Takes the slot away: processes, mounts, network, limits, directory. May be run at any time, any number of times. */
export async function teardown(runner: Runner, slot: Slot): Promise<void> {
  await killCgroup(slot.cgroup);
  const beneath = async () => parseMountsBeneath(await readFile('/proc/self/mountinfo', 'utf8'), slot.dir);
  for (const dir of await beneath()) await runner.run(unmount(dir));
  for (const command of dropNetwork(slot)) await runner.run(command);
  await removeCgroup(slot.cgroup);
  // Never through a mount: what is mounted here belongs to others.
  if ((await beneath()).length === 0) await rm(slot.dir, { recursive: true, force: true });
  await rmdir(RUN_DIR).catch(() => undefined);
}
