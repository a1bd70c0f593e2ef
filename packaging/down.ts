// npm stop: ends everything. Data stays, unless --purge.
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { runner } from '../src/adapters/exec/run.ts';
import { makeEncryptedImages } from '../src/adapters/fscrypt/images.ts';
import { tearDownStorage } from '../src/capabilities/nodes/system/storage.ts';
import { tearDownSystem } from '../src/capabilities/nodes/system/tear-down.ts';
import { tearDownNode } from '../src/capabilities/nodes/teardown.ts';
import { isRefusal, type Outcome } from '../src/kernel/refusal.ts';
import { thisNode } from '../src/main/agent/node.ts';
import { paths } from '../src/main/paths.ts';
import { leftovers } from './lib/leftovers.ts';
import { parseDown } from './lib/options.ts';
import { failed, giveUp } from './lib/outcome.ts';
import { makeProgress } from './lib/progress.ts';
import { dataDirectories } from './lib/purge.ts';
import { removeUnit, stopAgent } from './lib/supervise.ts';
import { purgeLocalVault, stopLocalVault } from './vault/local.ts';

const options = parseDown(process.argv.slice(2));
const progress = makeProgress(process.stdout, options.json);

/** Asks for the word, so that a slip of the hand destroys nothing. */
async function confirmed(): Promise<boolean> {
  if (options.yes) return true;
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    '\n  --purge deletes every app, database, key and backup of this platform.\n  Type purge to go on: ',
  );
  terminal.close();
  return answer.trim() === 'purge';
}

async function down(): Promise<void> {
  const node = thisNode();
  await progress.stage('agent', 'stopped, with what kept it running', () => must(stopAgent()));
  await progress.stage('vault', 'the one on this machine stopped, if there is one', stopLocalVault);
  await progress.stage('platform', 'edge, API, registry and database stopped', async (tell) => {
    const ended = await tearDownSystem(node.engine);
    if (isRefusal(ended) && ended.code === 'engine_unreachable') return tell('the engine is not running');
    await must(ended);
  });
  await progress.stage('node', 'engine, mounts, networks, filter and settings put back', () =>
    must(tearDownNode(node, { forget: options.purge })),
  );
  await progress.stage('storage', 'locked, unmounted, detached', () =>
    must(tearDownStorage(makeEncryptedImages(runner), { storage: paths.storage, mounts: paths.projects })),
  );
  await progress.stage(
    'check',
    'no process, mount, loop device, cgroup, network or rule is left',
    async () => {
      const left = await leftovers();
      if (left.length > 0)
        throw failed('stop_incomplete', `still here: ${left.join('; ')}`, 'Run npm stop again.');
      // Sockets, process ids and reports of what does not run any more.
      await rm(paths.run, { recursive: true, force: true });
    },
  );
  if (!options.purge)
    return progress.line('\n  The data stays in /var/lib/bastide; npm start brings everything back.\n');
  await progress.stage('data', 'deleted', async () => {
    await removeUnit();
    await purgeLocalVault();
    for (const directory of dataDirectories) await rm(directory, { recursive: true, force: true });
  });
}

async function must<T>(outcome: Outcome<T> | Promise<Outcome<T>>): Promise<void> {
  const settled = await outcome;
  if (isRefusal(settled)) throw settled;
}

try {
  if (options.purge && !(await confirmed())) {
    throw failed(
      'purge_not_confirmed',
      'Nothing was deleted, nothing was stopped',
      'Type purge, or give --yes.',
    );
  }
  await down();
} catch (error) {
  giveUp(error, options.json);
}
