import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../kernel/time.ts';
import { makeCode } from '../vault/accounts.ts';
import { makeGate } from '../vault/gate.ts';
import { openJournal } from '../vault/journal.ts';
import { Keeper } from '../vault/keeper.ts';
import { makeRooms } from '../vault/room.ts';
import { FILES, VaultSettings } from '../vault/settings.ts';
import { storeAt } from '../vault/store.ts';

const [program, file = '/etc/bastide-vault/vault.json'] = process.argv.slice(2);
const settings = VaultSettings.parse(JSON.parse(await readFile(file, 'utf8')));
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
const secret = async (name: string) => (await readFile(join(settings.secrets, name), 'utf8')).trim();

async function gate(): Promise<void> {
  const journal = await openJournal(join(settings.state, FILES.journal), Date.now);
  const server = makeGate({
    settings,
    chain: await secret(FILES.chain),
    key: await secret(FILES.key),
    journal,
    rooms: await makeRooms(settings, Date.now),
    store: storeAt(settings.storePort, await secret(FILES.storePassword)),
    now: Date.now,
  });
  server.listen(settings.port, settings.address, () =>
    console.log(`gate: ${settings.address}:${settings.port}`),
  );
  while (!stop.signal.aborted) {
    await sleep(30_000, stop.signal);
    journal.flush();
  }
  server.close();
  server.closeAllConnections();
}

async function keep(): Promise<void> {
  const keeper = new Keeper(settings, Date.now, () => performance.now() / 1000);
  while (!stop.signal.aborted) {
    try {
      for (const id of await keeper.keep()) console.log(`keeper: removed ${id}, its time was over`);
    } catch (error) {
      console.error(`keeper: ${error instanceof Error ? error.message : String(error)}`);
    }
    await sleep(settings.lookSeconds * 1000, stop.signal);
  }
}

if (program === 'gate') await gate();
else if (program === 'keeper') await keep();
else if (program === 'code') console.log(await makeCode(settings.state, Date.now()));
else {
  console.error('vault.js gate | keeper | code [settings file]');
  process.exitCode = 2;
}
