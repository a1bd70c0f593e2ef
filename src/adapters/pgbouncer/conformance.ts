import { afterAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import type { Gateway, GatewayRoute } from './port.ts';

/** A client's session, or the words with which it was refused. */
export type Session = { readonly alive: () => Promise<boolean>; readonly end: () => Promise<void> } | string;

export interface GatewayWorld {
  readonly gateway: Gateway;
  /** Whether anything listens at the gateway's port. */
  listening(): Promise<boolean>;
  /** A route to the database `name` (one or two) for a credential of its own. */
  route(name: 'one' | 'two', source?: string): GatewayRoute;
  apply(routes: readonly GatewayRoute[]): ReturnType<Gateway['apply']>;
  /** Signs in with the route's own credential, from 127.0.0.1. */
  enter(route: GatewayRoute): Promise<Session>;
}

/** What every gateway promises. */
export function gatewayConformance(name: string, world: () => GatewayWorld): void {
  const enter = async (route: GatewayRoute) => {
    const session = await world().enter(route);
    if (typeof session === 'string') throw new Error(session);
    return session;
  };

  describe(`${name} as a gateway`, () => {
    afterAll(async () => void (await world().apply([])));

    it('is not there without a route', async () => {
      must(await world().apply([]));
      expect(await world().listening()).toBe(false);
      must(await world().apply([world().route('one')]));
      expect(await world().listening()).toBe(true);
      must(await world().apply([]));
      expect(await world().listening()).toBe(false);
    });

    it('lets in who has a route, and changes nothing when told the same again', async () => {
      const route = world().route('one');
      expect(must(await world().apply([route]))).toEqual({ changed: true });
      const session = await enter(route);
      expect(must(await world().apply([route]))).toEqual({ changed: false });
      expect(await session.alive()).toBe(true);
      await session.end();
    });

    it('lets nobody in from another address', async () => {
      const route = world().route('one', '203.0.113.7');
      must(await world().apply([route]));
      expect(typeof (await world().enter(route))).toBe('string');
    });

    it('ends the sessions of a route that is no more, and no others', async () => {
      const [one, two] = [world().route('one'), world().route('two')];
      must(await world().apply([one, two]));
      const [first, second] = [await enter(one), await enter(two)];
      must(await world().apply([two]));
      expect(await first.alive()).toBe(false);
      expect(await second.alive()).toBe(true);
      expect(typeof (await world().enter(one))).toBe('string');
      await second.end();
    });

    it('goes on with a session while another route comes', async () => {
      const [one, two] = [world().route('one'), world().route('two')];
      must(await world().apply([one]));
      const session = await enter(one);
      must(await world().apply([one, two]));
      expect(await session.alive()).toBe(true);
      await (await enter(two)).end();
      await session.end();
    });
  });
}
