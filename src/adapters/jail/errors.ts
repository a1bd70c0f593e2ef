import { Refusal } from '../../kernel/refusal.ts';

export const jailUnavailable = (what: string, why: string) =>
  new Refusal(
    'jail_unavailable',
    `The builder cannot be set up on this node: ${what}: ${why}`,
    'Run npm run doctor on the node; nothing was built.',
  );
