import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestApi, testApi } from '../../api/testing.ts';
import { people, testClock } from '../access/testing/people.ts';
import { letterbox } from './testing.ts';
import { sendLetters } from './upkeep.ts';

const clock = testClock(Date.now());
let api: TestApi;
const { account, half, signUp } = people(() => api, clock);
const { mail, deps, empty, subjects, told } = letterbox(() => api);

beforeAll(async () => {
  api = await testApi([], clock.now);
});
afterAll(() => api.close());
beforeEach(() => empty());

describe('who is told of an alert', () => {
  test('owners and admins of the organization, and nobody else', async () => {
    const { organizationId } = await api.world('shop');
    const owner = await account('owner', organizationId);
    const admin = await account('admin', organizationId);
    const others = [
      await account('developer', organizationId),
      await account('owner', (await api.world('other')).organizationId),
      await account('operator'),
    ];
    await told({ organizationId });
    await sendLetters(deps());
    for (const { email } of [owner, admin]) expect(subjects(email)).toEqual(['Urgent: shop: backup overdue']);
    for (const { email } of others) expect(subjects(email)).toEqual([]);
    expect(mail.letters[0]!.text).toContain('as an owner or admin of shop');
  });

  test('staff, of what is the platform’s; once while it comes and goes', async () => {
    const officer = await account('security-officer');
    await told();
    await api.t.db.updateTable('alerts').set({ resolved_at: clock.now() }).execute();
    await told();
    await sendLetters(deps());
    expect(subjects(officer.email)).toEqual(['Urgent: the platform: backup overdue']);
  });

  test('again where a warning has become critical', async () => {
    const officer = await account('security-officer');
    await told({ severity: 'warning', code: 'guessing', subject: 'door:password' });
    await told({ severity: 'warning', code: 'guessing', subject: 'door:password' });
    await told({ severity: 'critical', code: 'guessing', subject: 'door:password' });
    await sendLetters(deps());
    expect(subjects(officer.email)).toEqual(['the platform: guessing', 'Urgent: the platform: guessing']);
  });

  test('of each organization, however much noise another one makes of the same', async () => {
    const [loud, quiet] = [await api.world('loud'), await api.world('quiet')];
    const owner = await account('owner', loud.organizationId);
    await api.t.db
      .insertInto('memberships')
      .values({ account_id: owner.id, organization_id: quiet.organizationId, role: 'owner' })
      .execute();
    for (let n = 0; n < 40; n += 1)
      await told({ organizationId: loud.organizationId, subject: `noise:${n}` });
    await told({ organizationId: quiet.organizationId, subject: 'what matters' });
    for (let round = 0; round < 5; round += 1) await sendLetters(deps());
    const all = subjects(owner.email);
    expect(all.filter((subject) => subject.includes('loud'))).toHaveLength(30);
    expect(all.filter((subject) => subject.includes('quiet'))).toHaveLength(1);
  });

  test('a request for staff access leads to its page, and no word of the link decides', async () => {
    const { organizationId } = await api.world('asked');
    const owner = await account('owner', organizationId);
    await told({ organizationId, code: 'staff_access_requested', subject: 'staff-access:1' });
    await sendLetters(deps());
    const letter = mail.letters.find(({ to }) => to === owner.email)!;
    expect(letter.text).toContain('https://bastide.example.org/access\n');
  });
});

describe('what happens to an account is told to whoever has it', () => {
  test('a factor, a password, a passkey, a code, and a session from elsewhere', async () => {
    const ada = await account();
    await signUp(ada, '198.51.100.1');
    const { db } = api.t;
    await db
      .insertInto('passkeys')
      .values({ id: 'k', account_id: ada.id, name: 'blue key', public_key: Buffer.of(1), counter: 0 })
      .execute();
    await db.deleteFrom('passkeys').where('id', '=', 'k').execute();
    await db
      .updateTable('account_passwords')
      .set({ hash: '$argon2id$other' })
      .where('account_id', '=', ada.id)
      .execute();
    await db
      .updateTable('recovery_codes')
      .set({ used_at: clock.now() })
      .where('account_id', '=', ada.id)
      .execute();
    await db.deleteFrom('totp_factors').where('account_id', '=', ada.id).execute();
    await db.updateTable('accounts').set({ email: 'new@example.org' }).where('id', '=', ada.id).execute();
    await sendLetters(deps());
    expect(subjects(ada.email)).toEqual([
      'An authenticator app was added',
      'New recovery codes',
      'A passkey was added to your account',
      'A passkey was removed from your account',
      'Your password was changed',
      ...Array.from({ length: 10 }, () => 'A recovery code was used'),
      'An authenticator app was removed',
      'Your address was changed',
    ]);
    expect(subjects('new@example.org')).toEqual([]);
    expect(mail.letters[0]!.text).toContain('Was it not you?');
  });

  test('an address that was taken from it, and its end, at the address that it had', async () => {
    const [gone, ended] = [await account(), await account()];
    const { db } = api.t;
    await db.updateTable('accounts').set({ email: null }).where('id', '=', gone.id).execute();
    await db.updateTable('accounts').set({ disabled_at: clock.now() }).where('id', '=', ended.id).execute();
    await sendLetters(deps());
    expect(subjects(gone.email)).toEqual(['Your address was changed']);
    expect(subjects(ended.email)).toEqual(['Your account was ended']);
  });

  test('a sign-in from a network that it was never in, once', async () => {
    const bob = await account();
    const { db } = api.t;
    const session = (id: number, network: string) =>
      db
        .insertInto('sessions')
        .values({
          ...{ id: `00000000-0000-7000-8000-00000000000${id}`, account_id: bob.id, hash: Buffer.of(id) },
          ...{ level: 2, kind: 'web', device: 'Firefox', network, source_address: network },
          ...{ expires_at: new Date(clock.now().getTime() + 3_600_000), factor: 'passkey' },
        })
        .execute();
    await session(1, '198.51.100.0/24');
    await session(2, '198.51.100.0/24');
    expect(mail.letters).toEqual([]);
    await session(3, '203.0.113.0/24');
    await session(4, '203.0.113.0/24');
    await sendLetters(deps());
    expect(subjects(bob.email)).toEqual(['You signed in from a new place']);
    expect(mail.letters[0]!.text).toContain('Firefox from 203.0.113.0/24');
  });

  test('a guessed password alone tells nothing and opens nothing', async () => {
    const eve = await account();
    await half(eve);
    await sendLetters(deps());
    expect(subjects(eve.email)).toEqual([]);
  });

  test('thirty letters of one matter an hour are the most, and hide no other', async () => {
    const dan = await account();
    for (let n = 0; n < 40; n += 1)
      await api.t.db
        .updateTable('account_passwords')
        .set({ hash: `$argon2id$${n}` })
        .where('account_id', '=', dan.id)
        .execute();
    await api.t.db
      .updateTable('accounts')
      .set({ email: 'dan@example.org' })
      .where('id', '=', dan.id)
      .execute();
    const kinds = (
      await api.t.db.selectFrom('letters').select('kind').where('account_id', '=', dan.id).execute()
    ).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'password_changed')).toHaveLength(30);
    expect(kinds.filter((kind) => kind === 'address_changed')).toHaveLength(1);
  });
});
