import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryRootKeys } from '../../adapters/envelope/memory.ts';
import { makeOpenId } from '../../adapters/openid/client.ts';
import { type RealProvider, realProvider } from '../../adapters/openid/testing/provider.ts';
import { here, visit } from '../../adapters/openid/testing/tls.ts';
import { type RealDatabase, realDatabase } from '../../db/testing.ts';
import { withTenant } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { aboutSecret } from './model/sso.ts';
import { departure } from './openid.ts';
import { performAccess } from './perform.ts';
import { addProvider, findProvider } from './store/providers.ts';
import * as sso from './store/sso.ts';
import { sealSeed } from './totp.ts';

/** Both halves on PostgreSQL 15 itself, each as the role that it has there. */
const REDIRECT = 'https://bastide.localhost/sso';
const accountsKey = new Secret(Buffer.alloc(32, 7).toString('base64url'));
let database: RealDatabase;
let idp: RealProvider;

beforeAll(async () => {
  database = await realDatabase();
  idp = await realProvider(REDIRECT);
});
afterAll(async () => {
  idp?.close();
  await database?.close();
});

describe('single sign-on on PostgreSQL 15', () => {
  it('goes from the API to the agent and back, and neither does what is the other’s', async () => {
    const [api, agent] = [database.as('bastide_api'), database.as('bastide_agent')];
    const signIn = <T>(fn: Parameters<typeof withTenant<T>>[2]) => withTenant(api, { signIn: true }, fn);
    const [providerId, accountId, now] = [newId(), newId(), new Date()];
    await database.db
      .insertInto('accounts')
      .values({ id: accountId, name: 'ada', email: 'ada@example.org' })
      .execute();
    const sentSecret = sealSeed(accountsKey, aboutSecret(providerId), idp.secret);
    await withTenant(api, { operator: true }, (db) =>
      addProvider(db, {
        ...{ id: providerId, name: 'corp', issuer: idp.issuer, clientId: idp.clientId, ca: idp.ca },
        ...{ sentSecret, by: 'root', now },
      }),
    );
    const deps = {
      db: agent,
      openid: makeOpenId({ operators: here() }),
      roots: memoryRootKeys(),
      accountsKey,
    };
    const perform = performAccess({ ...deps, now: () => new Date() });
    const step = (kind: string, input: unknown) =>
      perform({ capability: 'access', kind, key: kind, summary: kind, input }, {} as never);
    expect(isRefusal(await step('check-provider', { providerId, operationId: newId() }))).toBe(false);

    idp.who.subject = 'ada-there';
    const provider = (await signIn((db) => findProvider(db, 'corp')))!;
    const away = await departure({ client_id: provider.client_id, metadata: provider.metadata! }, REDIRECT);
    const key = (await signIn((db) =>
      sso.beginLogin(db, providerId, { accountId: null, network: '198.51.100.0/24' }, away, now),
    ))!.reveal();
    const back = (await visit(away.url, idp.ca)).searchParams;
    const [code, state, iss] = ['code', 'state', 'iss'].map((name) => back.get(name)!);
    const answer = { login: key, code: code!, state: state!, iss: iss! };
    const loginId = (await signIn((db) => sso.answerLogin(db, answer, new Date())))!;
    must(await step('finish-sso', { loginId }));
    expect(await signIn((db) => sso.takeLogin(db, key, null, new Date()))).toMatchObject({
      ...{ state: 'verified', subject: 'ada-there', issuer: idp.issuer },
    });
    const wanted = { providerId, subject: 'ada-there', accountId };
    expect(await signIn((db) => sso.link(db, wanted, new Date()))).toBe('linked');
    expect(await signIn((db) => sso.link(db, wanted, new Date()))).toBe('linked-already');
    expect(await signIn((db) => sso.accountOfSubject(db, providerId, 'ada-there', new Date()))).toMatchObject(
      {
        name: 'ada',
      },
    );
    const left = await database.db
      .selectFrom('sso_logins')
      .select(['code', 'verifier'])
      .executeTakeFirstOrThrow();
    expect(left).toEqual({ code: null, verifier: '' });

    for (const column of ['sent_secret', 'wrapped_secret'])
      await expect(
        signIn((db) => sql`select ${sql.ref(column)} from sso_providers`.execute(db)),
      ).rejects.toThrow('permission denied');
    await expect(signIn((db) => sql`update sso_logins set subject = 'eve'`.execute(db))).rejects.toThrow(
      'permission denied',
    );
    await expect(
      signIn((db) => sql`update sso_providers set issuer = 'https://evil'`.execute(db)),
    ).rejects.toThrow('permission denied');
    await expect(sql`select * from sso_links`.execute(agent)).rejects.toThrow('permission denied');
    // Bound to an organization, the API sees nothing of it.
    const seen = await withTenant(api, { organizationId: newId() }, (db) =>
      db.selectFrom('sso_links').selectAll().execute(),
    );
    expect(seen).toEqual([]);
  });
});
