import { type Call, caller, type TestApi } from '../../../api/testing.ts';
import { newId } from '../../../kernel/id.ts';
import { Secret } from '../../../kernel/secret.ts';
import { hashPassword } from '../passwords.ts';
import { codeAt } from '../totp.ts';

export const PASSWORD = 'otter lamp quarry violet 9';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** A clock that goes on when it is told. */
export function testClock(start = Date.parse('2026-03-01T10:00:00Z')) {
  let now = start;
  return {
    now: () => new Date(now),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

/** What people do at the API, for tests. */
export function people(api: () => TestApi, clock: { now(): Date; pass(ms: number): void }) {
  const call: Call = caller(api);
  let made = 0;

  async function account(role?: string, organizationId: string | null = null): Promise<Person> {
    made += 1;
    const person = { id: newId(), name: `p${made}x`, email: `p${made}x@example.org` };
    const { db } = api().t;
    await db.insertInto('accounts').values(person).execute();
    await db
      .insertInto('account_passwords')
      .values({ account_id: person.id, hash: await hashPassword(new Secret(PASSWORD)) })
      .execute();
    if (role)
      await db
        .insertInto('memberships')
        .values({ account_id: person.id, organization_id: organizationId, role: role as 'owner' })
        .execute();
    return person;
  }

  const from = (address: string) => ({ 'x-forwarded-for': address });

  async function half(person: Person, address = '198.51.100.1'): Promise<string> {
    const body = { email: person.email, password: PASSWORD };
    const answer = await call('POST', '/v1/sessions', { body, headers: from(address) });
    if (answer.statusCode !== 201) throw new Error(answer.body);
    return (answer.json() as { token: string }).token;
  }

  /** Enrols an authenticator app in a half session: the whole session, the seed, the recovery codes. */
  async function enrol(token: string) {
    const begun = (await call('POST', '/v1/account/totp', { token })).json() as { seed: string };
    const seed = new Secret(begun.seed);
    const answer = await call('POST', '/v1/account/totp/confirm', {
      token,
      body: { code: codeAt(seed, clock.now()) },
    });
    if (answer.statusCode !== 200) throw new Error(answer.body);
    const { session, recoveryCodes } = answer.json() as {
      session: { token: string };
      recoveryCodes: string[];
    };
    return { token: session.token, seed, codes: recoveryCodes };
  }

  /** Signs somebody in who has no factor yet: whole, with an authenticator app. */
  const signUp = async (person: Person, address?: string) => enrol(await half(person, address));

  /** Proves the next code, half a minute later: the token of the session, new where it was a half one. */
  async function prove(token: string, seed: Secret, address = '198.51.100.1'): Promise<string> {
    clock.pass(30_000);
    const body = { code: codeAt(seed, clock.now()) };
    const answer = await call('POST', '/v1/account/session/factor', { token, body, headers: from(address) });
    if (answer.statusCode !== 200) throw new Error(answer.body);
    return (answer.json() as { token: string }).token || token;
  }

  return { call, account, half, enrol, signUp, prove, from };
}
