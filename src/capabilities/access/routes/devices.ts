import { z } from 'zod';
import { type Context, type Guesses, publicRoute, type Row, route } from '../../../api/route.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { deviceBusy, deviceNotFound, devicePending, deviceRefused, deviceTooFast } from '../errors.ts';
import { DEVICE, DeviceAsking, DeviceName, DeviceStart, SignedIn, UserCode } from '../model/accounts.ts';
import { networkOf } from '../network.ts';
import * as store from '../store/devices.ts';
import { wellFormed } from '../tokens.ts';
import { type AccessSettings, fromOf, ok, place, sessionOf, signedIn } from './common.ts';

const params = z.strictObject({ code: UserCode });

/** Devices of one network that may begin before an hour without any has to pass. */
const STARTS = 60;

/** Only a person answers a device. */
async function byPerson<T>(ctx: Context<'self'>, look: () => Promise<T | undefined>): Promise<Outcome<T>> {
  const session = sessionOf(ctx);
  if (isRefusal(session)) return session;
  return (await look()) ?? deviceNotFound();
}

/** Who tries codes waits like who tries passwords. */
const guesses: Guesses = { door: 'device', wrong: ['device_not_found'] };

const answer = (how: 'approve' | 'deny') =>
  route({
    method: 'POST',
    path: `/v1/account/devices/:code/${how}`,
    operationId: how === 'approve' ? 'approveDevice' : 'denyDevice',
    permission: {
      action: 'logins:approve',
      resource: 'self',
      ...(how === 'approve' ? { stepUp: true } : {}),
    },
    summary: how === 'approve' ? 'Let a waiting device sign in as you' : 'Turn a waiting device down',
    params,
    guesses,
    response: z.object({ ok: z.literal(true) }),
    handler: (ctx, input) =>
      byPerson(ctx, async () => {
        const by = how === 'approve' ? ctx.actor.accountId : null;
        return (await store.answerDevice(ctx.db, input.params.code, by, ctx.now)) ? ok : undefined;
      }),
  });

/** Sign-in of a device by the session of somebody on another (RFC 8628). */
export const deviceRoutes = (settings: AccessSettings): Row[] => [
  publicRoute({
    method: 'POST',
    path: '/v1/sessions/device',
    operationId: 'startDeviceLogin',
    permission: 'public',
    summary: 'Begin to sign in a device without a browser: show the code, then ask until it is approved',
    body: z.strictObject({ device: DeviceName }),
    guesses: {
      door: 'device-start',
      wrong: [],
      most: { tries: STARTS, of: 'network', refusal: deviceBusy },
    },
    response: DeviceStart,
    status: 201,
    handler: (ctx, { body }) =>
      ctx.signIn(async (db) => {
        const network = networkOf(ctx.sourceAddress);
        const from = { device: body.device, address: ctx.sourceAddress, network };
        const begun = await store.startDevice(db, from, ctx.now);
        if (!begun) return deviceBusy();
        return {
          deviceCode: begun.deviceCode.reveal(),
          userCode: begun.userCode,
          verificationUri: `${place(settings).origin}/device`,
          expiresIn: DEVICE.seconds,
          interval: DEVICE.interval,
        };
      }),
  }),
  publicRoute({
    method: 'POST',
    path: '/v1/sessions/device/token',
    operationId: 'finishDeviceLogin',
    permission: 'public',
    summary: 'Ask whether the device was approved; the session is handed out once',
    body: z.strictObject({
      deviceCode: z.string().max(200).meta({ description: 'What the device was given when it began' }),
    }),
    guesses: { door: 'device-code', wrong: ['device_refused'] },
    response: SignedIn,
    status: 201,
    handler: async (ctx, { body }) => {
      if (!wellFormed('bsl', body.deviceCode)) return deviceRefused();
      return ctx.signIn(async (db) => {
        const said = await store.pollDevice(db, body.deviceCode, ctx.now);
        if (said.state === 'pending') return devicePending();
        if (said.state === 'too-fast') return deviceTooFast(DEVICE.interval);
        if (said.state !== 'approved') return deviceRefused();
        const account = { id: said.accountId, name: said.name };
        return signedIn(db, ctx, account, fromOf(ctx, said.device, 'cli'), 'device');
      });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/account/devices/:code',
    operationId: 'showDevice',
    permission: { action: 'logins:approve', resource: 'self' },
    summary: 'What waits to be approved with this code, and from where it asks',
    params,
    guesses,
    response: DeviceAsking,
    handler: (ctx, input) =>
      byPerson(ctx, async () => {
        const row = await store.waitingDevice(ctx.db, input.params.code, ctx.now);
        return (
          row && {
            device: row.device,
            place: row.source_address,
            createdAt: row.created_at.toISOString(),
            expiresAt: row.expires_at.toISOString(),
          }
        );
      }),
  }),
  answer('approve'),
  answer('deny'),
];
