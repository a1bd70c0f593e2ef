import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Enrolment } from '../adapters/vault/port.ts';
import { readJson, writeJson } from './files.ts';
import { FILES } from './settings.ts';

const Accounts = z.record(
  z.string(),
  z.strictObject({ password: z.string(), code: z.string(), at: z.string() }),
);
const Codes = z.array(z.strictObject({ code: z.string(), until: z.number() }));

/** Passwords and codes are random and long: one SHA-256 is enough, and there is nothing to wait for. */
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const same = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(hash(a)), Buffer.from(hash(b)));

const DAY = 86_400_000;

/** Makes a code with which one platform can enrol, within a day. Only its hash is kept. */
export async function makeCode(state: string, now: number): Promise<string> {
  const file = join(state, FILES.codes);
  const code = randomBytes(20).toString('hex');
  const codes = ((await readJson(file, Codes)) ?? []).filter(({ until }) => until > now);
  await writeJson(file, [...codes, { code: hash(code), until: now + DAY }]);
  return code;
}

/** Who a request comes from, by HTTP Basic. */
export async function whoIs(state: string, header: string | undefined): Promise<string | undefined> {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]{1,400})$/.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  const user = text.slice(0, at);
  const accounts = (await readJson(join(state, FILES.accounts), Accounts)) ?? {};
  const account = Object.hasOwn(accounts, user) ? accounts[user] : undefined;
  return account && at > 0 && same(account.password, hash(text.slice(at + 1))) ? user : undefined;
}

let turn: Promise<unknown> = Promise.resolve();

/** One at a time, in this process, which is the only one that takes platforms in: a code that two read works for one. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = turn.then(work, work);
  turn = mine.catch(() => undefined);
  return mine;
}

/** Takes a platform in. False: the code is not there (any more), or the user is somebody else. */
export const enrol = (state: string, of: z.output<typeof Enrolment>, now: number): Promise<boolean> =>
  inTurn(() => takeIn(state, of, now));

async function takeIn(state: string, of: z.output<typeof Enrolment>, now: number): Promise<boolean> {
  const accounts = (await readJson(join(state, FILES.accounts), Accounts)) ?? {};
  const codes = (await readJson(join(state, FILES.codes), Codes)) ?? [];
  const code = hash(of.code);
  const known = Object.hasOwn(accounts, of.user) ? accounts[of.user] : undefined;
  // The answer got lost and it asks again.
  if (known) return known.code === code && known.password === hash(of.password);
  if (!codes.some((one) => same(one.code, code) && one.until > now)) return false;
  await writeJson(
    join(state, FILES.codes),
    codes.filter((one) => one.code !== code),
  );
  const account = { password: hash(of.password), code, at: new Date(now).toISOString() };
  await writeJson(join(state, FILES.accounts), { ...accounts, [of.user]: account });
  return true;
}
