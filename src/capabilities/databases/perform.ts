import { z } from 'zod';
import type { Perform, StepContext } from '../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { DatabasesDeps } from './deps.ts';
import { databaseGone, databaseStepUnknown } from './errors.ts';
import { engineOf } from './instance.ts';
import { databaseService, Version } from './model.ts';
import { awaitRelease, giveConfig, makeMain, release, takeConfig } from './perform/apps.ts';
import { copyContent } from './perform/copy.ts';
import { info, query } from './perform/people.ts';
import { awaitReady, configure, reload, start } from './perform/server.ts';
import { session } from './perform/session.ts';
import { copyToNew, switchBack, switchVersion, thaw } from './perform/upgrade.ts';
import { addUser, dropUser } from './perform/users.ts';
import { openSession } from './session.ts';
import * as store from './store.ts';

const Attachment = z.object({ attachmentId: z.uuid() });
const One = z.object({ databaseId: z.uuid() });
const User = One.extend({ generation: z.int().min(1) });
const Copy = One.extend({ from: z.uuid() });
const Extension = One.extend({ extension: z.string(), on: z.boolean() });
const Upgrade = One.extend({ version: Version });

type Row = store.DatabaseRow;
const done = async (work: Promise<unknown>): Promise<Outcome<void>> => {
  await work;
  return undefined;
};

async function prepare(deps: DatabasesDeps, row: Row): Promise<Outcome<void>> {
  const session = await openSession(deps, row.id);
  return isRefusal(session) ? session : engineOf(deps, row).prepare(session);
}

async function copy(
  deps: DatabasesDeps,
  row: Row,
  from: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const original = await store.findDatabase(deps.db, from);
  if (!original) return databaseGone();
  const [source, target] = [await openSession(deps, from), await openSession(deps, row.id)];
  if (isRefusal(source)) return source;
  if (isRefusal(target)) return target;
  const copied = await copyContent(
    { engine: engineOf(deps, original), session: source },
    { engine: engineOf(deps, row), session: target },
    { schema: original.version === row.version, signal: context.signal },
  );
  if (isRefusal(copied)) return copied;
  context.log(`${copied.tables.length} tables are equal`, 'copy');
}

async function setExtension(
  deps: DatabasesDeps,
  row: Row,
  { extension, on }: { extension: string; on: boolean },
): Promise<Outcome<void>> {
  const session = await openSession(deps, row.id);
  if (isRefusal(session)) return session;
  const set = await engineOf(deps, row).setExtension(session, extension, on);
  if (isRefusal(set)) return set;
  const others = row.extensions.filter((one) => one !== extension);
  await store.setExtensions(deps.db, row.id, on ? [...others, extension].sort() : others);
}

type OfRow = (deps: DatabasesDeps, row: Row, context: StepContext, input: unknown) => Promise<Outcome<void>>;

/** What is done to one database; the closed list. */
const OF_DATABASE: Readonly<Record<string, OfRow>> = {
  configure,
  start,
  awaitReady,
  reload,
  prepare,
  addUser: (deps, row, _context, input) => addUser(deps, row, User.parse(input).generation),
  dropUser: (deps, row, _context, input) => dropUser(deps, row, User.parse(input).generation),
  markReady: (deps, row) => done(store.setStatus(deps.db, row.id, 'ready')),
  keep: (deps, row) => done(store.setStatus(deps.db, row.id, 'ready')),
  forget: (deps, row) => done(store.setStatus(deps.db, row.id, 'destroyed')),
  stop: (deps, row) => deps.engine.serviceRemove(databaseService(row.id)),
  copy: (deps, row, context, input) => copy(deps, row, Copy.parse(input).from, context),
  setExtension: (deps, row, _context, input) => setExtension(deps, row, Extension.parse(input)),
  copyToNew: (deps, row, context, input) => copyToNew(deps, row, Upgrade.parse(input).version, context),
  switchVersion: (deps, row, _context, input) => switchVersion(deps, row, Upgrade.parse(input).version),
  switchBack,
  thaw,
  info,
  query,
  session,
};

/** Performs the steps of databases. */
export function makeDatabasesPerform(deps: DatabasesDeps): Perform {
  return async ({ kind, input }, context) => {
    const ofDatabase = Object.hasOwn(OF_DATABASE, kind) ? OF_DATABASE[kind] : undefined;
    if (ofDatabase) {
      const row = await store.findDatabase(deps.db, One.parse(input).databaseId);
      return row ? ofDatabase(deps, row, context, input) : databaseGone();
    }
    const parsed = Attachment.safeParse(input);
    if (!parsed.success) return databaseStepUnknown(kind);
    const { attachmentId } = parsed.data;
    switch (kind) {
      case 'giveConfig':
        return giveConfig(deps, attachmentId);
      case 'takeConfig':
        return takeConfig(deps, attachmentId);
      case 'makeMain':
        return makeMain(deps, attachmentId);
      case 'release':
        return release(deps, attachmentId, context);
      case 'awaitRelease':
        return awaitRelease(deps, attachmentId, context);
      case 'forgetAttachment':
        return done(store.forgetAttachment(deps.db, attachmentId));
      default:
        return databaseStepUnknown(kind);
    }
  };
}
