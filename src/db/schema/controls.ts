import type { ColumnType } from 'kysely';
import type { Json, Time, TimeDefault, TimeNull } from '../schema.ts';

type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;
type Verdict = 'held' | 'broken' | 'inconclusive' | 'not-applicable';

/** Tables of 0016_controls.sql. */
export interface ControlsTables {
  prober_enrolments: {
    hash: Uint8Array;
    position: 'inside' | 'outside';
    created_by: string;
    created_at: TimeDefault;
    expires_at: Time;
    used_at: TimeNull;
  };
  probers: {
    id: string;
    account_id: string;
    position: 'inside' | 'outside';
    public_key: string;
    created_at: TimeDefault;
    seen_at: TimeDefault;
  };
  controls: {
    id: string;
    area: string;
    claims: Json<string[]>;
    sentence: string;
    occasion: 'anytime' | 'drill';
    every_hours: number;
    position: 'anywhere' | 'outside';
    first_seen_at: TimeDefault;
    seen_at: TimeDefault;
  };
  control_runs: {
    id: string;
    control: string;
    operation_id: Null<string>;
    requested_by: string;
    requested_at: TimeDefault;
    prober_id: Null<string>;
    claimed_at: TimeNull;
    finished_at: TimeNull;
    verdict: Null<Verdict>;
    reason: Null<string>;
    evidence_seq: Null<number>;
  };
  evidence: {
    prober_id: string;
    seq: number;
    digest: string;
    record: string;
    signature: string;
    control: string;
    verdict: Verdict;
    reason: string;
    at: Time;
    received_at: TimeDefault;
  };
  control_observations: { operation_id: string; kind: string; seen: Json<unknown>; at: TimeDefault };
}
