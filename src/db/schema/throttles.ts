import type { Generated } from 'kysely';
import type { Time, TimeNull } from '../schema.ts';

/** Tries that are counted: 0057_throttles.sql. */
export interface ThrottlesTables {
  throttles: {
    door: string;
    kind: 'pair' | 'account' | 'network' | 'address' | 'count';
    account: Generated<string>;
    network: Generated<string>;
    tries: number;
    refused: Generated<number>;
    first_at: Time;
    last_at: Time;
    blocked_until: TimeNull;
  };
}
