import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Credential, DatabaseEngine, Session } from './port.ts';

export interface ConformanceWorld {
  readonly engine: DatabaseEngine;
  /** A server that has just started for the first time. */
  readonly session: Session;
  /** Another one, empty too, with another instance. */
  readonly other: Session;
  /** Whether a client with these words gets in. */
  getsIn(session: Session, credential: Credential): Promise<boolean>;
  /** Writes something that a manifest shows, as this user. */
  write(session: Session, credential: Credential, what: string): Promise<void>;
}

/** What every engine promises. */
export function databaseConformance(name: string, world: () => ConformanceWorld): void {
  const never = new AbortController().signal;
  const credential = (
    session: Session,
    generation: number,
    password = `secret-${generation}`,
  ): Credential => ({
    user: world().engine.user(session.instance, generation),
    password: new Secret(password),
  });
  async function dumped(session: Session) {
    const out = new PassThrough();
    const bytes = buffer(out);
    const manifest = must(await world().engine.dump(session, out, never));
    out.end();
    return { manifest, bytes: await bytes };
  }

  describe(`a database engine (${name})`, () => {
    it('is ready, prepares itself, and again without change', async () => {
      const { engine, session, other } = world();
      for (const one of [session, other]) {
        expect(must(await engine.ready(one))).toBe(true);
        for (const _ of [1, 2]) must(await engine.prepare(one));
      }
    });

    it('lets in whom it was told, with the newest password only', async () => {
      const { engine, session, getsIn } = world();
      const first = credential(session, 1);
      expect(await getsIn(session, first)).toBe(false);
      must(await engine.setUser(session, { ...first, password: new Secret('old') }));
      must(await engine.setUser(session, first));
      expect(await getsIn(session, first)).toBe(true);
      expect(await getsIn(session, { ...first, password: new Secret('old') })).toBe(false);
    });

    it('has two users at a time, who share what they make, and lets the old one go', async () => {
      const { engine, session, getsIn, write } = world();
      const [first, second] = [credential(session, 1), credential(session, 2)];
      await write(session, first, 'made by the first');
      must(await engine.setUser(session, second));
      expect(await getsIn(session, first)).toBe(true);
      await write(session, second, 'made by the second');
      expect([...must(await engine.users(session))].sort()).toEqual([first.user, second.user].sort());
      const before = must(await engine.manifest(session, never));
      for (const _ of [1, 2]) must(await engine.dropUser(session, first.user));
      expect(await getsIn(session, first)).toBe(false);
      expect(await getsIn(session, second)).toBe(true);
      expect(must(await engine.manifest(session, never))).toEqual(before);
    });

    it('says how it is', async () => {
      const { engine, session } = world();
      const info = must(await engine.info(session));
      expect(info.version.startsWith(session.instance.version)).toBe(true);
      expect(info.sizeBytes).toBeGreaterThan(0);
      expect(info.maxConnections).toBe(session.instance.limits.connections);
    });

    it('comes back from its dump as it was, in another server', async () => {
      const { engine, session, other, write } = world();
      const { manifest, bytes } = await dumped(session);
      expect(manifest.tables.length).toBeGreaterThan(0);
      must(await engine.restore(other, Readable.from([bytes]), never));
      expect(must(await engine.manifest(other, never))).toEqual(manifest);

      const mine = credential(other, 1);
      must(await engine.setUser(other, mine));
      await write(other, mine, 'one more');
      expect(must(await engine.manifest(other, never))).not.toEqual(manifest);
    });

    it('refuses a dump that was cut off', async () => {
      const { engine, session, other } = world();
      const { bytes } = await dumped(session);
      const cut = Readable.from([bytes.subarray(0, bytes.length - 64)]);
      expect(isRefusal(await engine.restore(other, cut, never))).toBe(true);
    });

    it('lets users read and add nothing while writes are held', async () => {
      const { engine, session, getsIn, write } = world();
      const second = credential(session, 2);
      const before = must(await engine.manifest(session, never));
      for (const _ of [1, 2]) must(await engine.holdWrites(session, true));
      await expect(write(session, second, 'too much')).rejects.toThrow();
      expect(await getsIn(session, second)).toBe(true);
      // Also one that comes later, once it is asked again.
      const third = credential(session, 4);
      must(await engine.setUser(session, third));
      must(await engine.holdWrites(session, true));
      await expect(write(session, third, 'too much')).rejects.toThrow();
      expect(must(await engine.manifest(session, never))).toEqual(before);
      expect((await dumped(session)).manifest).toEqual(before);
      for (const _ of [1, 2]) must(await engine.holdWrites(session, false));
      await write(session, third, 'there is room again');
      await write(session, second, 'and for the other');
      must(await engine.dropUser(session, third.user));
    });

    it('answers a query as its user, who changes nothing by it', async () => {
      const { engine, session } = world();
      const second = credential(session, 2);
      const ask = (query: string) => engine.ask(session, second, query, never);
      if (engine.name === 'redis') {
        expect(await ask('select 1')).toMatchObject({ code: 'database_answers_no_query' });
        return;
      }
      for (const query of ['select 1', 'select 1;']) expect(must(await ask(query))).toBe('1');
      const before = must(await engine.manifest(session, never));
      for (const query of ['select nothing from nowhere', 'create table smoke (a int)'])
        expect(await ask(query), query).toMatchObject({ code: 'database_question_failed' });
      // A command of the client's own is refused, or answers nothing.
      const shell = await ask('\\! echo reached');
      expect(isRefusal(shell) || shell === '', JSON.stringify(shell)).toBe(true);
      expect(must(await engine.manifest(session, never))).toEqual(before);
    });

    it('takes its certificate again without letting anybody go', async () => {
      const { engine, session, getsIn } = world();
      must(await engine.reload(session));
      expect(must(await engine.ready(session))).toBe(true);
      expect(await getsIn(session, credential(session, 2))).toBe(true);
    });

    it('keeps everybody out while it is frozen', async () => {
      const { engine, session, getsIn } = world();
      const second = credential(session, 2);
      must(await engine.freeze(session, true));
      expect(await getsIn(session, second)).toBe(false);
      must(await engine.manifest(session, never));
      must(await engine.freeze(session, false));
      expect(await getsIn(session, second)).toBe(true);
    });

    it('knows no extension that is not on its list', async () => {
      const { engine, session } = world();
      const refused = await engine.setExtension(session, 'nothing', true);
      expect(isRefusal(refused) && refused.code).toBe('database_extension_unknown');
    });
  });
}
