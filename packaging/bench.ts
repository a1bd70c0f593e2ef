// npm run bench [-- name …]: runs bench/*.ts one after the other; each prints its own table.
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runner } from '../src/adapters/exec/run.ts';
import { isRefusal } from '../src/kernel/refusal.ts';
import { root } from './lib/build.ts';

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const found = (await readdir(join(root, 'bench')))
  .filter((file) => /^[a-z0-9-]+\.bench\.ts$/.test(file))
  .sort();
const chosen = found.filter((file) => wanted.length === 0 || wanted.some((word) => file.startsWith(word)));
if (chosen.length === 0) {
  console.error(`No such bench. There are: ${found.join(' ')}`);
  process.exit(2);
}
let failures = 0;
for (const file of chosen) {
  console.log(`\n== ${file}`);
  const ran = await runner.run(
    {
      argv: [process.execPath, join(root, 'bench', file)],
      cwd: root,
      env: {
        PATH: `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      },
      timeoutMs: 2 * 60 * 60_000,
    },
    (line) => console.log(line),
  );
  if (isRefusal(ran) || ran.code !== 0) failures += 1;
}
process.exitCode = failures > 0 ? 1 : 0;
