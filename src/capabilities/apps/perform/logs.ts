import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import type { AppsDeps } from '../deps.ts';
import { label } from '../model.ts';
import { LogsInput } from '../operations.ts';
import * as store from '../store.ts';

/** How long a follower may stay; the CLI asks again. */
const FOLLOW_SECONDS = 3600;

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

  const stream = async (service: string, source: string) => {
    const options = { follow: input.follow, tail: input.tail, signal: deadline };
    for await (const line of deps.engine.logs({ service }, options))
      await store.writeChunk(deps.db, operation.id, source, `${line.at} ${line.text}`);
  };
  do {
    const services = await deps.engine.services(wanted);
    if (isRefusal(services)) return services;
    for (const service of services) {
      if (following.has(service.name)) continue;
      const source = `${service.labels[label.process]}.v${service.labels[label.version]}`;
      following.set(
        service.name,
        stream(service.name, source).catch(() => undefined),
      );
    }
    if (input.follow) await sleep(1000, deadline);
  } while (input.follow && !deadline.aborted);
  await Promise.all(following.values());
  return undefined;
}
