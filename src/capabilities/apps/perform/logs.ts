import type { ServiceFacts } from '../../../adapters/docker/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import type { AppsDeps } from '../deps.ts';
import { processUnknown } from '../errors.ts';
import { label } from '../model.ts';
import { LogsInput } from '../operations.ts';
import * as store from '../store.ts';

/** How long a follower may stay; the CLI asks again. */
const FOLLOW_SECONDS = 3600;

/** To the millisecond: what people compare with other clocks. */
const stamp = (at: string): string => at.replace(/(\.\d{3})\d*Z$/, '$1Z');

/** What stands before a line: process, replica and release, `web.2.v7`. */
const sourceOf = (labels: ServiceFacts['labels'], slot: number | undefined): string =>
  [labels[label.process], ...(slot === undefined ? [] : [slot]), `v${labels[label.version]}`].join('.');

/** Sends the app's output to the person who asked; with `follow` also that of replicas that start later. */
export async function showLogs(deps: AppsDeps, context: StepContext): Promise<Outcome<void>> {
  const { operation } = context;
  const input = LogsInput.parse(operation.input);
  const wanted = {
    [label.app]: operation.appId!,
    ...(input.process ? { [label.process]: input.process } : {}),
  };
  const deadline = AbortSignal.any([context.signal, AbortSignal.timeout(FOLLOW_SECONDS * 1000)]);
  const following = new Map<string, Promise<void>>();

  const past: { at: string; source: string; text: string }[] = [];
  const slots = new Map<string, number>();
  /** Which replica a task is, as people count them; asked again where it is new. */
  const slotOf = async (task: string): Promise<number | undefined> => {
    if (!slots.has(task)) {
      const tasks = await deps.engine.tasks(wanted);
      for (const { id, slot } of isRefusal(tasks) ? [] : tasks) slots.set(id, slot);
      // One that is forgotten already is not asked for with every line.
      if (!slots.has(task)) slots.set(task, 0);
    }
    return slots.get(task) || undefined;
  };
  const stream = async ({ name, labels }: ServiceFacts) => {
    const options = { follow: input.follow, tail: input.tail, signal: deadline };
    for await (const { at, text, task } of deps.engine.logs({ service: name }, options)) {
      const source = sourceOf(labels, task === undefined ? undefined : await slotOf(task));
      if (input.follow) await store.writeChunk(deps.db, operation.id, source, `${stamp(at)} ${text}`);
      else past.push({ at, source, text });
    }
  };
  do {
    const services = await deps.engine.services(wanted);
    if (isRefusal(services)) return services;
    if (input.process && services.length === 0 && following.size === 0)
      return processUnknown(input.process, await processes(deps, operation.appId!));
    for (const service of services) {
      if (following.has(service.name)) continue;
      following.set(
        service.name,
        stream(service).catch(() => undefined),
      );
    }
    if (input.follow) await sleep(1000, deadline);
  } while (input.follow && !deadline.aborted);
  await Promise.all(following.values());
  // What several processes wrote, in the order in which it happened.
  past.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
  for (const { at, source, text } of past.slice(input.tail === 0 ? past.length : -input.tail))
    await store.writeChunk(deps.db, operation.id, source, `${stamp(at)} ${text}`);
  return undefined;
}

async function processes(deps: AppsDeps, appId: string): Promise<string[]> {
  const services = await deps.engine.services({ [label.app]: appId });
  return isRefusal(services)
    ? []
    : [...new Set(services.flatMap(({ labels }) => labels[label.process] ?? []))].sort();
}
