import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createBootstrapToken } from '../../src/capabilities/access/bootstrap.ts';
import { NewToken } from '../../src/capabilities/access/model.ts';
import { addressOf } from '../../src/capabilities/nodes/system/database.ts';
import { type Client, client } from '../../src/cli/client.ts';
import { readConfig, writeConfig } from '../../src/cli/config.ts';
import { openDatabase } from '../../src/db/pool.ts';
import { isRefusal, type Outcome } from '../../src/kernel/refusal.ts';
import type { Secret } from '../../src/kernel/secret.ts';
import { sleep } from '../../src/kernel/time.ts';
import { operatorsSocket } from '../../src/main/paths.ts';

/** The root user's own configuration of the command line. */
const configDirectory = join(homedir(), '.config/bastide');
/** Inside, so that it works while the operators' plane is closed to the outside. */
const local = `unix:${operatorsSocket}`;
const anything = z.looseObject({});

/** A one-time token for another machine's first sign-in. */
export async function mintToken(): Promise<Secret> {
  const db = openDatabase(await addressOf('bastide_agent'), 1);
  try {
    return await createBootstrapToken(db);
  } finally {
    await db.destroy();
  }
}

/**
 * Signs this machine's root user in, unless the sign-in of last time still works. Gives the client and whether it is
 * a first use.
 */
export async function signIn(
  server: string,
  ca: string,
): Promise<Outcome<{ client: Client; first: boolean }>> {
  const known = await readConfig(configDirectory);
  if (known && !isRefusal(known) && known.server === server && known.ca === ca) {
    const own = client({ server: local, token: known.token });
    if (!isRefusal(await own.get('/v1/account', anything))) return { client: own, first: false };
  }
  const token = await mintToken();
  const body = { token: token.reveal(), account: 'root' };
  const made = await client({ server: local }).send('POST', '/v1/sessions/bootstrap', body, NewToken);
  if (isRefusal(made)) return made;
  await writeConfig(configDirectory, { server, token: made.token, account: made.account, ca });
  return { client: client({ server: local, token: made.token }), first: true };
}

const named = z.looseObject({ name: z.string() });
const EXISTS = /_(exists|taken)$/;
const PAUSE = 300;
const TRIES = 200;

/** Organization, project and app of the example; each is made unless it is there. */
export async function ensureExample(api: Client, app: string): Promise<Outcome<{ readonly live: boolean }>> {
  const steps = [
    ['/v1/organizations', { name: 'example' }],
    ['/v1/organizations/example/projects', { name: 'example' }],
    ['/v1/projects/example/apps', { name: app }],
  ] as const;
  const there = await api.get('/v1/apps', z.looseObject({ apps: z.array(named) }));
  if (isRefusal(there)) return there;
  if (!there.apps.some(({ name }) => name === app)) {
    for (const [path, body] of steps) {
      let made = await api.send('POST', path, body, anything);
      // The agent makes the project's key; until then the project takes no apps.
      for (let left = TRIES; isRefusal(made) && made.code === 'project_not_ready' && left > 0; left -= 1) {
        await sleep(PAUSE);
        made = await api.send('POST', path, body, anything);
      }
      if (isRefusal(made) && !EXISTS.test(made.code)) return made;
    }
  }
  const releases = await api.get(
    `/v1/apps/${app}/releases`,
    z.looseObject({ releases: z.array(z.looseObject({ status: z.string() })) }),
  );
  if (isRefusal(releases)) return releases;
  return { live: releases.releases.some(({ status }) => status === 'live') };
}
