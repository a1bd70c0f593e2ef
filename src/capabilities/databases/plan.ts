import type { Operation } from '../../engine/operation.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import { type Step, step, stepsOf } from '../../kernel/step.ts';
import { safetyBackup } from '../backups/model.ts';
import { databaseNoWayBack, databaseReleaseFailed } from './errors.ts';
import type { AttachmentFacts, DatabaseFacts, ServerFacts } from './facts.ts';
import { databasePath } from './model.ts';

type Planned = Outcome<readonly Step[]>;

const own = stepsOf('databases');

/** Its server runs and answers: the network, the storage, its directories, its configuration, its service. */
export function ensureRunning(facts: ServerFacts): Step[] {
  const { id, name, projectId } = facts.database;
  const steps: Step[] = [];
  if (!facts.networkReady)
    steps.push(step('network', 'ensureProject', projectId, "Make the project's network", { projectId }));
  if (!facts.storageReady)
    steps.push(
      step('volumes', 'ensureStorage', projectId, "Make the project's encrypted storage", { projectId }),
    );
  for (const { path, uid } of facts.missing)
    steps.push(
      step('volumes', 'ensureDirectory', path, `Make the directory ${path.split('/').at(-1)}`, {
        projectId,
        path,
        uid,
      }),
    );
  const databaseId = id;
  if (!facts.configured)
    steps.push(own('configure', id, 'Write its configuration and certificate', { databaseId }));
  const starts = !facts.service || facts.service.replicas === 0;
  if (starts) steps.push(own('start', id, `Start ${name}`, { databaseId }));
  if (!facts.ready) steps.push(own('awaitReady', id, `Wait until ${name} answers`, { databaseId }));
  // One that starts reads its files; one that runs is told.
  if (!starts && (!facts.configured || !facts.served))
    steps.push(own('reload', id, `Let ${name} take its certificate`, { databaseId }));
  return steps;
}

const user = (facts: DatabaseFacts, generation: number): Step[] =>
  facts.database.credential >= generation
    ? []
    : [
        own('addUser', `${facts.database.id}-${generation}`, `Make user ${generation}`, {
          databaseId: facts.database.id,
          generation,
        }),
      ];

const markReady = (facts: DatabaseFacts): Step[] =>
  facts.database.status === 'creating'
    ? [own('markReady', facts.database.id, 'Open it for use', { databaseId: facts.database.id })]
    : [];

/** A new one that did not make it leaves nothing behind, and its name is free again. */
function giveUp(facts: DatabaseFacts): Step[] {
  return facts.database.status === 'creating' ? remove(facts) : [];
}

function remove(facts: DatabaseFacts): Step[] {
  const { id, name, projectId, status } = facts.database;
  const steps: Step[] = [];
  if (facts.service) steps.push(own('stop', id, `Stop ${name}`, { databaseId: id }));
  if (facts.stored && facts.storageReady)
    steps.push(
      step('volumes', 'removeDirectory', id, 'Remove its files', { projectId, path: databasePath(id) }),
    );
  if (status !== 'destroyed') steps.push(own('forget', id, `Forget ${name}`, { databaseId: id }));
  return steps;
}

/** databases.create: a server with one database and its first user. */
export function planCreate(operation: Operation, facts: DatabaseFacts): Planned {
  if (operation.failure) return giveUp(facts);
  const { id } = facts.database;
  return [
    ...ensureRunning(facts),
    ...(facts.database.credential > 0
      ? []
      : [own('prepare', id, 'Make the database and its owner', { databaseId: id }), ...user(facts, 1)]),
    ...markReady(facts),
  ].filter((one) => !(one.kind === 'prepare' && facts.done.has(one.key)));
}

/** databases.converge: it runs as it should. Also the drift check. */
export const planConverge = (operation: Operation, facts: DatabaseFacts): Planned =>
  operation.failure || facts.database.status !== 'ready' ? [] : ensureRunning(facts);

/** From the config vars to what runs: one release per app, and none where nothing runs. */
function follow(operation: Operation, attachment: AttachmentFacts): Planned {
  const { id, app, live, release } = attachment;
  if (!live) return [];
  const input = { attachmentId: id };
  // Ids carry their time: one that is older than this operation belongs to an earlier attempt.
  const stale = release !== null && release.id < operation.id;
  const failed = release?.status === 'failed' || release?.status === 'cancelled';
  if (release === null || (stale && failed)) return [own('release', id, `Release ${app}`, input)];
  if (failed) return databaseReleaseFailed(app);
  if (release.status === 'succeeded') return [];
  return [own('awaitRelease', `${id}-${release.id}`, `Wait until ${app} uses them`, input)];
}

/** The app has the newest credentials, in its config vars and in what runs. */
function bring(operation: Operation, facts: DatabaseFacts, attachment: AttachmentFacts): Planned {
  if (attachment.credential < facts.database.credential)
    return [
      own('giveConfig', attachment.id, `Set the config vars of ${attachment.app}`, {
        attachmentId: attachment.id,
      }),
    ];
  return follow(operation, attachment);
}

const attached = (facts: DatabaseFacts, id: string) => facts.attachments.find((one) => one.id === id);

export function planAttach(
  operation: Operation,
  facts: DatabaseFacts,
  input: { attachmentId: string },
): Planned {
  const attachment = attached(facts, input.attachmentId);
  if (operation.failure || !attachment) return [];
  return bring(operation, facts, attachment);
}

/** databases.promote: this database becomes what DATABASE_URL means for the app. */
export function planPromote(
  operation: Operation,
  facts: DatabaseFacts,
  input: { attachmentId: string },
): Planned {
  const attachment = attached(facts, input.attachmentId);
  if (operation.failure || !attachment) return [];
  if (!attachment.main)
    return [
      own('makeMain', attachment.id, `Make ${facts.database.name} the main database of ${attachment.app}`, {
        attachmentId: attachment.id,
      }),
    ];
  return bring(operation, facts, attachment);
}

export function planDetach(
  operation: Operation,
  facts: DatabaseFacts,
  input: { attachmentId: string },
): Planned {
  const attachment = attached(facts, input.attachmentId);
  if (operation.failure || !attachment) return [];
  const key = { attachmentId: attachment.id };
  if (attachment.credential > 0)
    return [own('takeConfig', attachment.id, `Remove the config vars of ${attachment.app}`, key)];
  const rest = follow(operation, attachment);
  return Array.isArray(rest) && rest.length === 0
    ? [own('forgetAttachment', attachment.id, `Forget that ${attachment.app} knew it`, key)]
    : rest;
}

/**
 * databases.rotate: the new user beside the old one; every app moves to it by a release of its own; the old one goes
 * when nothing uses it any more. Both are valid until then, so no query fails.
 */
export function planRotate(
  operation: Operation,
  facts: DatabaseFacts,
  input: { generation: number },
): Planned {
  if (operation.failure) return [];
  const running = ensureRunning(facts);
  if (running.length > 0) return running;
  const fresh = user(facts, input.generation);
  if (fresh.length > 0) return fresh;
  for (const attachment of facts.attachments.filter(({ detaching }) => !detaching)) {
    const steps = bring(operation, facts, attachment);
    if (!Array.isArray(steps) || steps.length > 0) return steps;
  }
  return facts.credentials
    .filter(({ generation, status }) => generation < facts.database.credential && status !== 'dropped')
    .map(({ generation }) =>
      own('dropUser', `${facts.database.id}-${generation}`, `Remove user ${generation}`, {
        databaseId: facts.database.id,
        generation,
      }),
    );
}

/** databases.fork: a second database with the content of the first, compared with it before it is opened. */
export function planFork(operation: Operation, facts: DatabaseFacts, input: { from: string }): Planned {
  if (operation.failure) return giveUp(facts);
  const { id } = facts.database;
  const prepare = own('prepare', id, 'Make the database and its owner', { databaseId: id });
  const copy = own('copy', id, 'Copy the content and compare it', { databaseId: id, from: input.from });
  return [
    ...ensureRunning(facts),
    ...[prepare, copy].filter(({ key }) => !facts.done.has(key)),
    ...user(facts, 1),
    ...markReady(facts),
  ];
}

const backup = (facts: DatabaseFacts): Step[] => {
  const safety = safetyBackup({ type: 'database', id: facts.database.id });
  return facts.done.has(safety.key) ? [] : [safety];
};

/**
 * databases.upgrade: a server of the new version in a directory of its own gets a copy while nobody writes, is
 * compared, and takes over. The old directory stays: the way back.
 */
export function planUpgrade(
  operation: Operation,
  facts: DatabaseFacts,
  input: { version: string; backup: boolean },
): Planned {
  const { id, version, name } = facts.database;
  const databaseId = id;
  const started = own('copyToNew', id, `Copy ${name} to version ${input.version} and compare`, {
    databaseId,
    version: input.version,
  });
  const arrived = version === input.version;
  if (operation.failure)
    return arrived || facts.done.has(`databases.thaw:${id}`)
      ? []
      : [...ensureRunning(facts), own('thaw', id, `Open ${name} again`, { databaseId })];
  if (arrived) return ensureRunning(facts);
  return [
    ...(input.backup ? backup(facts) : []),
    ...ensureRunning(facts),
    started,
    own('switchVersion', id, `Go over to version ${input.version}`, { databaseId, version: input.version }),
  ].filter(({ key }) => !facts.done.has(key) || key === `databases.switchVersion:${id}`);
}

/** databases.downgrade: back to the server and the data of before the upgrade. */
export function planDowngrade(operation: Operation, facts: DatabaseFacts): Planned {
  if (operation.failure) return [];
  const { id, name, previous } = facts.database;
  const back = own('switchBack', id, `Go back to what ${name} was before`, { databaseId: id });
  if (!facts.done.has(back.key)) return previous ? [back] : databaseNoWayBack(name);
  const thaw = own('thaw', id, `Open ${name} again`, { databaseId: id });
  return [...ensureRunning(facts), ...(facts.done.has(thaw.key) ? [] : [thaw])];
}

export function planExtension(
  operation: Operation,
  facts: DatabaseFacts,
  input: { extension: string; on: boolean },
): Planned {
  if (operation.failure || facts.database.extensions.includes(input.extension) === input.on) return [];
  return [
    ...ensureRunning(facts),
    own('setExtension', input.extension, `Switch ${input.extension} ${input.on ? 'on' : 'off'}`, {
      databaseId: facts.database.id,
      ...input,
    }),
  ];
}

/** databases.destroy: a last backup unless it was waived, then nothing is left but the name in the log. */
export function planDestroy(operation: Operation, facts: DatabaseFacts, input: { backup: boolean }): Planned {
  if (operation.failure)
    return facts.database.status === 'destroying' && facts.service
      ? [own('keep', facts.database.id, 'Keep it', { databaseId: facts.database.id })]
      : [];
  if (facts.database.status === 'destroyed') return [];
  return [...(input.backup && facts.service ? backup(facts) : []), ...remove(facts)];
}
