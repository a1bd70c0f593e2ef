import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLab } from '../../lab/lab.ts';
import { DOMAIN, NAMES } from './platform.ts';

/**
 * One lab for every story and attack of a run, because bringing a platform up takes longer than most of them: the
 * first file brings it up, each next one ends the agent, starts its own and destroys the apps it finds. Vitest calls
 * this before the first file and what it answers after the last.
 */
export default async function share(): Promise<(() => Promise<void>) | undefined> {
  // A lab that somebody keeps while writing stories is theirs.
  if (process.env.BASTIDE_LAB_KEPT) return;
  const lab = await createLab({ hosts: ['n1'] });
  // In the lab's own directory, which goes with it, however the run ends.
  const file = join(lab.directory, 'handle.json');
  await lab.dns.set({ ...NAMES, [`*.${DOMAIN}`]: lab.host('n1').address });
  writeFileSync(file, JSON.stringify(lab.handle));
  process.env.BASTIDE_LAB_KEPT = file;
  return async () => {
    delete process.env.BASTIDE_LAB_KEPT;
    await lab.close();
  };
}
