import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { renderUnicodeCompact } from 'uqr';
import { z } from 'zod';
import type { Asker } from '../../../cli/ask.ts';
import { type Client, client } from '../../../cli/client.ts';
import { usage } from '../../../cli/errors.ts';
import type { Io } from '../../../cli/io.ts';
import { isRefusal, type Outcome, Refusal } from '../../../kernel/refusal.ts';
import { deviceRefused } from '../errors.ts';
import { DeviceStart, FactorAdded, SignedIn } from '../model/accounts.ts';

export const Done = z.object({ ok: z.literal(true) });
const Begun = z.object({ seed: z.string(), uri: z.string() });

/** What this machine is called in the list of sessions. */
export const deviceName = (): string =>
  `bastide on ${hostname().replaceAll(/[^A-Za-z0-9._-]/g, '-') || 'a machine'}`.slice(0, 80);

/** Where to sign in, and whom to trust. */
export interface At {
  readonly server: string;
  readonly ca?: string;
}

export type Whole = z.output<typeof SignedIn>;

/** A code of the app has six digits; everything else is taken for a recovery code. */
const proofOf = (typed: string) => (/^\d{3} ?\d{3}$/.test(typed) ? { code: typed } : { recoveryCode: typed });

/** A password that nobody sees typed, so at a terminal it is typed twice. Refusals: `cli_usage`. */
export async function newPassword(io: Io, next: Asker, question: string): Promise<Outcome<string>> {
  const password = await next(question, true);
  if (!io.interactive || io.print.json) return password;
  return (await next('Once more: ', true)) === password
    ? password
    : usage('The two are not the same', 'Nothing was changed. Run it again.');
}

/** Proves the second factor, in the session that the client speaks for. */
export async function prove(api: Client, next: Asker): Promise<Outcome<Whole>> {
  const typed = await next('Code of the authenticator app, or a recovery code: ');
  return api.send('POST', '/v1/account/session/factor', proofOf(typed), SignedIn);
}

/** Codes that are asked for before it is given up. */
const TRIES = 5;

/** Adds an authenticator app: shows its seed, asks for a code, shows the recovery codes once. */
export async function addApp(
  io: Io,
  api: Client,
  next: Asker,
): Promise<Outcome<z.output<typeof FactorAdded>>> {
  const begun = await api.send('POST', '/v1/account/totp', {}, Begun);
  if (isRefusal(begun)) return begun;
  io.print.line(
    `Add this to an authenticator app:\n${renderUnicodeCompact(begun.uri)}\n  ${begun.uri}\n  or typed: ${begun.seed}`,
  );
  for (let left = TRIES; ; left -= 1) {
    const code = await next('Code of the app: ');
    const added = await api.send('POST', '/v1/account/totp/confirm', { code }, FactorAdded);
    if (!isRefusal(added)) showCodes(io, added.recoveryCodes);
    // What the app was given stays right: a code that was mistyped is typed again.
    const again = isRefusal(added) && added.code === 'factor_refused' && io.interactive && left > 1;
    if (!again) return added;
    io.print.line('That is not the code of now. Is the clock of the device right? Try the next one.');
  }
}

export function showCodes(io: Io, codes: readonly string[]): void {
  if (codes.length === 0) return;
  io.print.line('Recovery codes, shown this one time; each works once. Keep them apart from this machine:');
  for (const code of codes) io.print.line(`  ${code}`);
}

/** From what a password gave to a whole session: proves the second factor, or enrols the first one. */
export async function finished(io: Io, at: At, half: Whole, next: Asker): Promise<Outcome<Whole>> {
  if (half.level === 2) return half;
  const api = client({ ...at, token: half.token });
  if (half.factors.length > 0) return prove(api, next);
  io.print.line('Your account needs a second factor.');
  const added = await addApp(io, api, next);
  if (isRefusal(added)) return added;
  return added.session ?? half;
}

/** Signs in by the session of somebody on another device: shows a code, and asks until it is approved. */
export async function byDevice(io: Io, at: At): Promise<Outcome<Whole>> {
  const api = client(at);
  const begun = await api.send('POST', '/v1/sessions/device', { device: deviceName() }, DeviceStart);
  if (isRefusal(begun)) return begun;
  io.print.line(`Code: ${begun.userCode}`);
  io.print.line(`Approve it at ${begun.verificationUri}, or where you are signed in:`);
  io.print.line(`  bastide login:approve ${begun.userCode}`);
  for (let left = begun.expiresIn; left > 0; left -= begun.interval) {
    await wait(begun.interval * 1000, undefined, { signal: io.signal });
    const body = { deviceCode: begun.deviceCode };
    const said = await api.send('POST', '/v1/sessions/device/token', body, SignedIn);
    if (!(said instanceof Refusal) || !['device_pending', 'device_too_fast'].includes(said.code)) return said;
  }
  return deviceRefused();
}
