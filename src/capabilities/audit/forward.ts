import type { SyslogMessage } from '../../adapters/syslog/port.ts';
import { alert, settle } from '../../engine/alert.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { AuditDeps } from './deps.ts';
import { forwardNotFound } from './errors.ts';
import { checkpointMessage, messageOf, testMessage } from './message.ts';
import { lineOf } from './store/export.ts';
import * as store from './store/forwards.ts';
import * as keeping from './store/keeping.ts';
import { lastCheckpoint } from './store/leaves.ts';
import { lines } from './store/lines.ts';

/** Entries that one connection carries. */
const BATCH = 5000;
/** Batches for one server before others have their turn. */
const TURN = 20;
/** Milliseconds that a server may fail before somebody has to know. */
const STUCK = 600_000;
const CODE = 'audit_forward_stuck';

async function deliver(
  { forwarder }: AuditDeps,
  to: store.Forward,
  messages: readonly SyslogMessage[],
): Promise<Outcome<void>> {
  const client = to.clientCertificate ? await forwarder.clientFor(to.name) : undefined;
  if (isRefusal(client)) return client;
  return forwarder.syslog.deliver(
    { host: to.host, port: to.port, ca: to.ca ?? undefined, client, private: to.private },
    messages,
  );
}

/** One batch; undefined where the server has everything. What it has is noted once it has it: at least once, in order. */
async function forwardSome(
  deps: AuditDeps,
  to: store.Forward,
  position: number,
  newest: { readonly size: number; readonly note: string },
): Promise<Outcome<number | undefined>> {
  if (position >= newest.size) return undefined;
  const found = (await lines(deps.db, position, BATCH)).filter(({ index }) => index < newest.size);
  const last = found.at(-1);
  if (!last) return undefined;
  const { host } = deps.forwarder;
  const messages = found.map((line) => messageOf(lineOf(line), host));
  if (last.index + 1 === newest.size)
    messages.push(checkpointMessage(newest, host, deps.now().toISOString()));
  const sent = await deliver(deps, to, messages);
  if (isRefusal(sent)) return sent;
  await keeping.reached(deps.db, store.outletOf(to.name), last.index + 1);
  return last.index + 1;
}

async function forward(
  deps: AuditDeps,
  to: store.Forward,
  newest: { readonly size: number; readonly note: string },
): Promise<void> {
  const name = store.outletOf(to.name);
  const { position, failingSince } = await keeping.outlet(deps.db, name, 'syslog');
  let at = position;
  for (let turn = 0; turn < TURN; turn += 1) {
    const reached = await forwardSome(deps, to, at, newest);
    if (isRefusal(reached)) {
      await keeping.failing(deps.db, name, reached.message, deps.now());
      const since = failingSince?.getTime() ?? deps.now().getTime();
      if (deps.now().getTime() - since >= STUCK)
        await alert(deps.db, {
          ...{ severity: 'warning', code: CODE, subject: name },
          message: `${to.name} is ${newest.size - at} entries of the audit log behind: ${reached.message}`,
          next: reached.next,
        });
      return;
    }
    if (reached === undefined) break;
    at = reached;
  }
  if (failingSince !== null) await settle(deps.db, CODE, name);
}

/**
 * Sends every server what it does not have yet, from the log itself, which is the buffer. One that fails holds up no other.
 */
export async function forwardAll(deps: AuditDeps): Promise<void> {
  const wanted = await store.forwards(deps.db);
  const dropped = await keeping.dropOutlets(
    deps.db,
    'syslog',
    wanted.map(({ name }) => store.outletOf(name)),
  );
  for (const name of dropped) await settle(deps.db, CODE, name);
  const newest = wanted.length > 0 ? await lastCheckpoint(deps.db) : undefined;
  if (newest) await Promise.all(wanted.map((to) => forward(deps, to, newest)));
}

/** Sends one message that is no entry. */
export async function testForward(
  deps: AuditDeps,
  name: string,
  operationId: string,
): Promise<Outcome<void>> {
  const to = await store.findForward(deps.db, name);
  if (!to) return forwardNotFound(name);
  const message = testMessage(deps.forwarder.host, deps.now().toISOString(), operationId);
  const sent = await deliver(deps, to, [message]);
  if (isRefusal(sent)) return sent;
  await store.tested(deps.db, name, operationId);
  return undefined;
}
