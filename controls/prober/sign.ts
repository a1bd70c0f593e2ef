import { createPrivateKey, sign } from 'node:crypto';
import type { Control } from '../contract/control.ts';
import { digestOf, type Evidence, keyId, type Signed } from '../contract/evidence.ts';
import type { Attempt } from './attempt.ts';
import type { State } from './state.ts';

const LARGEST = 200_000;

/** A world that is too large to keep says so; what decided is in the reason. */
const fitting = (world: unknown): unknown =>
  JSON.stringify(world ?? null).length > LARGEST ? { omitted: 'too large to keep' } : world;

/** The next record of this prober's chain, signed. */
export function signNext(
  state: Pick<State, 'privateKey' | 'publicKey' | 'seq' | 'prev' | 'position'>,
  control: Pick<Control, 'id' | 'claims' | 'sentence'>,
  made: Attempt,
  times: { readonly startedAt: Date; readonly finishedAt: Date },
): { readonly entry: Signed; readonly seq: number; readonly prev: string } {
  const said: Evidence = {
    format: 'bastide-evidence/1',
    prober: keyId(state.publicKey),
    position: state.position ?? 'inside',
    seq: state.seq + 1,
    prev: state.prev,
    control: control.id,
    claims: [...control.claims],
    sentence: control.sentence,
    verdict: made.verdict,
    reason: made.reason.slice(0, 2000),
    world: fitting(made.world),
    startedAt: times.startedAt.toISOString(),
    finishedAt: times.finishedAt.toISOString(),
  };
  const record = JSON.stringify(said);
  const signature = sign(null, Buffer.from(record), createPrivateKey(state.privateKey)).toString('base64');
  return { entry: { record, signature }, seq: said.seq, prev: digestOf(record) };
}
