import { Refusal } from '../../kernel/refusal.ts';
import { meaningOf, type QuotaName, shownLimit } from './model.ts';

export interface Exceeded {
  readonly organization: string;
  readonly quota: QuotaName;
  /** With what was asked for. */
  readonly use: number;
  readonly most: number;
}

export const quotaExceeded = ({ organization, quota, use, most }: Exceeded): Refusal =>
  new Refusal(
    'quota_exceeded',
    `With this ${organization} would have ${shownLimit(quota, use)} of ${shownLimit(quota, most)} (${quota}: ${meaningOf(quota)})`,
    `See what there is with bastide quotas, and give up what you do not need; or ask the operator of this platform for more (bastide quotas:set ${organization} ${quota}=…).`,
    { organization, quota, use, most },
  );
