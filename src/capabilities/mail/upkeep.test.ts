import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mailPostponed, mailRefused, mailUnreachable } from '../../adapters/mail/errors.ts';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { people, testClock } from '../access/testing/people.ts';
import { mailFileUnreadable } from './errors.ts';
import type { MailView } from './model.ts';
import { performMail } from './perform.ts';
import { noteOutlet } from './store.ts';
import { letterbox } from './testing.ts';
import { dropOldLetters, sendLetters } from './upkeep.ts';

const clock = testClock(Date.now());
let api: TestApi;
let operator: string;
const { account, call } = people(() => api, clock);
const { mail, deps, empty, pass, subjects, told } = letterbox(() => api);
const view = async () => (await call('GET', '/v1/platform/mail', { token: operator })).json() as MailView;

beforeAll(async () => {
  api = await testApi([], clock.now);
  operator = await api.account('operator', null);
});
afterAll(() => api.close());
beforeEach(() => empty());

describe('the server', () => {
  test('that takes nothing is tried again, later and later, and after ten minutes somebody knows', async () => {
    await account('operator');
    await told();
    mail.refusal = mailUnreachable('mail.example.org', 'down');
    await sendLetters(deps());
    expect(await view()).toMatchObject({
      waiting: expect.any(Number),
      failure: expect.stringContaining('down'),
    });
    const stuck = async () =>
      (await api.t.db.selectFrom('alerts').select('code').where('resolved_at', 'is', null).execute()).map(
        ({ code }) => code,
      );
    expect(await stuck()).toEqual(['backup_overdue']);
    pass(11 * 60_000);
    await sendLetters(deps());
    expect(await stuck()).toContain('mail_stuck');
    mail.refusal = undefined;
    pass(3_600_000);
    await sendLetters(deps());
    expect(await stuck()).toEqual(['backup_overdue']);
    expect(await view()).toMatchObject({ failure: null, failingSince: null });
    expect(mail.letters.length).toBeGreaterThan(0);
  });

  test.each([
    ['for good', mailRefused, [1, 0]],
    ['for now', mailPostponed, [0, 1]],
  ])('that refuses one letter %s gets the others', async (_, refusal, left) => {
    await account('operator');
    await account('operator');
    await told();
    const one = mail.send.bind(mail);
    let first = true;
    const picky = {
      ...deps(),
      mail: {
        send: async (...given: Parameters<typeof one>) => {
          const refused = first ? refusal('mail.example.org', 'no such user') : undefined;
          first = false;
          return refused ?? one(...given);
        },
      },
    };
    await sendLetters(picky);
    const { dropped, sent, waiting } = await view();
    expect([dropped, waiting]).toEqual(left);
    expect(sent).toBe(mail.letters.length);
    expect(sent).toBeGreaterThan(0);
    expect(await view()).toMatchObject({ failingSince: null });
  });

  test('whose password cannot be read stops nothing but mail, until it can', async () => {
    await account('operator');
    await told();
    const broken = { ...deps(), server: async () => mailFileUnreadable('/etc/bastide/mail-password') };
    await sendLetters(broken);
    expect(await view()).toMatchObject({ failure: expect.stringContaining('/etc/bastide/mail-password') });
    await sendLetters(deps());
    expect(await view()).toMatchObject({ failure: null, waiting: 0 });
  });

  test('that is not there gets nothing to wait for', async () => {
    await told();
    await noteOutlet(api.t.db, undefined);
    await told({ subject: 'database:2' });
    expect(await view()).toMatchObject({ enabled: false, waiting: 0 });
    expect(codeOf(await call('POST', '/v1/platform/mail/test', { token: operator }))).toBe('mail_off');
    await sendLetters({ ...deps(), server: async () => undefined });
    expect(mail.letters).toEqual([]);
  });

  test('is tested by a letter to whoever asks', async () => {
    const oda = await account('operator');
    const operation = { id: '00000000-0000-7000-8000-0000000000aa' };
    const step = { kind: 'test', input: { accountId: oda.id } };
    const perform = () => performMail(deps())(step as never, { operation } as never);
    expect(await perform()).toBeUndefined();
    expect(subjects(oda.email)).toEqual(['Mail works']);
    mail.refusal = mailRefused('mail.example.org', 'no');
    operation.id = '00000000-0000-7000-8000-0000000000ab';
    const said = await perform();
    expect(isRefusal(said) && said.code).toBe('mail_refused');
  });
});

test('letters go a month after they went, with the addresses on them', async () => {
  await account('operator');
  await told();
  await sendLetters(deps());
  const month = new Date(Date.now() - 31 * 24 * 3_600_000);
  await api.t.db.updateTable('letters').set({ sent_at: month }).execute();
  await dropOldLetters(deps());
  expect(await api.t.db.selectFrom('letters').select('id').execute()).toEqual([]);
});

test('is the operators’ to see, without an address or a word of a letter', async () => {
  const { organizationId } = await api.world('mine');
  const owner = await api.account('owner', organizationId);
  expect(codeOf(await call('GET', '/v1/platform/mail', { token: owner }))).toBe('access_denied');
  await told();
  expect(JSON.stringify(await view())).not.toMatch(/@example\.org.*@|No backup/);
});
