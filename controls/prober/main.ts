import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Control } from '../contract/control.ts';
import { attempt } from './attempt.ts';
import { makeClient } from './client.ts';
import { signNext } from './sign.ts';
import { openState, type Store } from './state.ts';
import { makeTools } from './tools.ts';
import type { Way } from './web.ts';

export interface Settings {
  /** `https://bastide.example.org` */
  readonly server: string;
  readonly way: Way;
  /** The platform's public address: what is scanned. */
  readonly address: string;
  /** Its own directory; nothing else reads it. */
  readonly state: string;
  /** Gives the one-time token, where one is there. */
  readonly enrolment: () => Promise<string | undefined>;
  readonly controls: readonly Control[];
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

const Enrolled = z.object({
  position: z.enum(['inside', 'outside']),
  tokens: z.object({ prober: z.string(), a: z.string(), b: z.string() }),
});
const Next = z.object({ run: z.string().nullable(), control: z.string().nullable() });
const PAUSE = 3000;

/**
 * The prober: makes itself known, says what it can try, and then takes one run after the other until the signal.
 * It talks to the public API and nothing else of the platform's.
 */
export async function probe(settings: Settings): Promise<void> {
  const { server, way, log, signal } = settings;
  const store = await openState(settings.state);
  const client = makeClient(way, server, () => store.get().tokens);
  let known = false;
  while (!signal.aborted) {
    try {
      if (!store.get().tokens) await enrol(settings, store, client);
      if (!known) {
        await introduce(settings, store, client);
        await handIn(store, client);
        known = true;
      }
      const worked = await takeOne(settings, store, client);
      if (worked) continue;
    } catch (error) {
      known = false;
      log(error instanceof Error ? error.message : String(error));
    }
    await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
  }
}

type Client = ReturnType<typeof makeClient>;

async function enrol(settings: Settings, store: Store, client: Client): Promise<void> {
  const token = await settings.enrolment();
  if (token === undefined) throw new Error('not enrolled, and no token to enrol with');
  const { publicKey } = store.get();
  const answer = await client.call('nobody', 'POST', '/v1/prober/enrol', { token: token.trim(), publicKey });
  const enrolled = Enrolled.safeParse(answer.body);
  if (!enrolled.success) throw new Error(`enrolment: ${answer.code ?? answer.status}`);
  await store.set({ tokens: enrolled.data.tokens, position: enrolled.data.position });
  settings.log(`enrolled, ${enrolled.data.position}`);
}

async function introduce(
  { controls, log, enrolment }: Settings,
  store: Store,
  client: Client,
): Promise<void> {
  const catalogue = controls.map(({ id, claims, sentence, when, everyHours, position }) => ({
    id,
    claims,
    sentence,
    when,
    everyHours,
    position,
  }));
  const answer = await client.call('prober', 'PUT', '/v1/prober/catalogue', { controls: catalogue });
  // Nobody knows us any more: the platform was made anew. With a token at hand so are we.
  if (answer.code === 'not_signed_in' && (await enrolment()) !== undefined) await store.renew();
  if (answer.status >= 400) throw new Error(`catalogue: ${answer.code ?? answer.status}`);
  log(`${controls.length} controls`);
}

/** Hands in what was signed and may not have arrived. Refused for good, it is dropped from here and never from the chain. */
async function handIn(store: Store, client: Client): Promise<void> {
  const { pending } = store.get();
  if (!pending) return;
  const answer = await client.call('prober', 'POST', '/v1/prober/evidence', pending);
  if (answer.status < 400) return store.set({ pending: undefined });
  throw new Error(`evidence: ${answer.code ?? answer.status}`);
}

async function takeOne(settings: Settings, store: Store, client: Client): Promise<boolean> {
  const answer = await client.call('prober', 'POST', '/v1/prober/next');
  if (answer.status >= 400) throw new Error(`next: ${answer.code ?? answer.status}`);
  const next = Next.parse(answer.body);
  if (next.run === null) return false;
  const control = settings.controls.find(({ id }) => id === next.control);
  const startedAt = new Date();
  settings.log(`${next.control}: begins`);
  const made = control
    ? await attempt(control, toolsFor(settings, store, client, control))
    : { verdict: 'inconclusive' as const, reason: 'this prober does not know it', world: null };
  const about = control ?? { id: next.control ?? '', claims: ['VUL-7'] as const, sentence: 'Unknown to it.' };
  const { entry, seq, prev } = signNext(store.get(), about, made, { startedAt, finishedAt: new Date() });
  await store.set({ seq, prev, pending: { entry, run: next.run } });
  settings.log(`${about.id}: ${made.verdict}: ${made.reason}`);
  await handIn(store, client);
  return true;
}

const toolsFor = (settings: Settings, store: Store, client: Client, control: Control) =>
  makeTools({
    client,
    way: settings.way,
    domain: new URL(settings.server).hostname.replace(/^bastide\./, ''),
    address: settings.address,
    position: store.get().position ?? 'inside',
    say: (line) => settings.log(`${control.id}: ${line}`),
  });
