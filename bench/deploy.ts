// Time of a deploy, cold and warm, against the same steps by hand: jail build, push, pull, start, replace.
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { deployTable, type Took } from './lib/deploy-table.ts';
import { numbers } from './lib/options.ts';
import { type Operation, startPlatform } from './lib/platform.ts';
import { begin } from './lib/result.ts';

const root = join(import.meta.dirname, '..');
const { rounds } = numbers({ rounds: 5 });
const bench = await begin('deploy', 'Deploys: the platform against the bare steps');

const source = mkdtempSync(join(tmpdir(), 'bastide-bench-'));
process.once('exit', () => rmSync(source, { recursive: true, force: true }));
cpSync(join(root, 'examples/node'), source, { recursive: true });
let edits = 0;
/** One more line in a file of the app: dependencies stay, the app's layer is another. */
function edit(): void {
  edits += 1;
  writeFileSync(join(source, 'edit.txt'), `${edits}\n`);
}

await using platform = await startPlatform();
const { host } = platform.bastide;
const Seconds = z.record(z.string(), z.number());

/** The same source on the host, where the jail can read it. */
async function toHost(): Promise<string> {
  const inside = '/var/lib/bastide/projects/system/data/builds/bench';
  await host.must(['rm', '-rf', inside]);
  await host.must(['mkdir', '-p', inside]);
  cpSync(source, host.path(inside), { recursive: true });
  await host.must(['chmod', '-R', 'u=rwX,go=rX', inside]);
  return inside;
}

let service = '';
let services = 0;
async function bare(projectId: string): Promise<Took> {
  const dir = await toHost();
  services += 1;
  const name = `bench-${services}`;
  const argv = [process.execPath, join(root, 'bench/lib/bare.ts'), dir, projectId, name, service];
  service = name;
  const said = await host.must(argv, { cwd: root });
  return Seconds.parse(JSON.parse(said.trim().split('\n').at(-1)!));
}

/** From the first byte of the upload to the end of the operation; its steps as the platform recorded them. */
async function deploy(app: string): Promise<Took> {
  const started = performance.now();
  const operation = await platform.deploy(app, source);
  return { ...steps(operation), total: (performance.now() - started) / 1000 };
}

const steps = (operation: Operation): Took => {
  const took: Record<string, number> = {};
  for (const step of operation.steps) {
    if (step.finishedAt === null) continue;
    const name = `${step.capability}.${step.kind}`;
    took[name] = (took[name] ?? 0) + (Date.parse(step.finishedAt) - Date.parse(step.startedAt)) / 1000;
  }
  return took;
};

const found = {
  'Bastide, cold': [] as Took[],
  'by hand, cold': [] as Took[],
  'Bastide, warm': [] as Took[],
  'by hand, warm': [] as Took[],
};

// Stacks come into the registry and the network into being once per node or project: not part of what is compared.
await platform.createApp('bench', 'first');
await platform.deploy('first', source);

for (let round = 1; round <= rounds; round += 1) {
  const project = `bench-${round}`;
  await platform.change('POST', '/v1/organizations/bench/projects', { name: project });
  await platform.createApp(project, `app-${round}`);
  const layers = randomUUID();
  edit();
  found['Bastide, cold'].push(await deploy(`app-${round}`));
  found['by hand, cold'].push(await bare(layers));
  edit();
  found['by hand, warm'].push(await bare(layers));
  found['Bastide, warm'].push(await deploy(`app-${round}`));
  console.log(`round ${round}/${rounds}`);
}

bench.save({
  notes: [
    `examples/node with its dependencies from npm, medians of ${rounds} rounds, the two right after each other within a round. Stacks are there in both cases.`,
    'Cold: a new project, so without any cached layer, and a network to be made. Warm: one file of the app has changed, its dependencies have not.',
    'By hand: bench/lib/bare.ts calls the same builder, registry and engine directly, without API, database, checks of the source, signature, verification, edge and drain. Its old service is waited for as long as it takes; until live, neither side’s is counted.',
  ],
  tables: [
    deployTable('Cold', found['Bastide, cold'], found['by hand, cold']),
    deployTable('Warm', found['Bastide, warm'], found['by hand, warm']),
  ],
  raw: found,
});
