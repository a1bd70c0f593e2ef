/**
 * For writing stories: keeps one lab until interrupted, so that each run need not make its own.
 *
 *   node test/stories/lib/keep.ts /run/kept.json
 *   BASTIDE_LAB_KEPT=/run/kept.json npx vitest run --project lab test/stories/run.test.ts
 */
import { rmSync, writeFileSync } from 'node:fs';
import { createLab } from '../../lab/lab.ts';
import { DOMAIN, NAMES } from './platform.ts';

const file = process.argv[2];
if (!file) throw new Error('node keep.ts FILE');
const lab = await createLab({ hosts: ['n1'] });
await lab.dns.set({ ...NAMES, [`*.${DOMAIN}`]: lab.host('n1').address });
writeFileSync(file, JSON.stringify(lab.handle));
console.log(`kept; BASTIDE_LAB_KEPT=${file}`);
await new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  process.stdin.resume();
});
await lab.close();
rmSync(file, { force: true });
process.exit(0);
