import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { seal } from '../src/adapters/envelope/seal.ts';
import { renderOpenApi } from '../src/api/openapi.ts';
import { routeTable } from '../src/api/table.ts';
import { decider } from '../src/capabilities/access/decide.ts';
import { readPolicies } from '../src/capabilities/access/policies.ts';
import { commandTable } from '../src/cli/table.ts';
import { treeOf } from './architecture/tree.ts';
import { controlsPage } from './generate/controls.ts';
import { cliPage, configPage, errorsPage, permissionsPage } from './generate/pages.ts';
import { settings, settingsFaults } from './generate/settings.ts';
import { refusals } from './generate/sources.ts';

/** Writes docs/reference from the tables; with --check it says what is out of date and writes nothing. */
const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');

async function render(): Promise<Record<string, string>> {
  const tree = treeOf(root);
  const faults = settingsFaults(tree);
  if (faults.length > 0) throw new Error(faults.join('; '));
  const rows = routeTable({ domain: 'localhost', seal });
  return {
    'docs/reference/openapi.json': `${JSON.stringify(renderOpenApi(rows), null, 2)}\n`,
    'docs/reference/cli.md': cliPage(commandTable),
    'docs/reference/errors.md': errorsPage(refusals(tree)),
    'docs/reference/permissions.md': permissionsPage(rows, decider(await readPolicies())),
    'docs/reference/config.md': configPage(settings),
    'docs/security/controls.md': controlsPage(),
  };
}

const stale: string[] = [];
for (const [path, text] of Object.entries(await render())) {
  const file = join(root, path);
  if ((await readFile(file, 'utf8').catch(() => '')) === text) continue;
  stale.push(path);
  if (check) continue;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
for (const path of stale) console.log(check ? `${path} is out of date` : `wrote ${path}`);
if (check && stale.length > 0) {
  console.log('Refresh with: npm run generate');
  process.exitCode = 1;
}
