import { Refusal } from '../../kernel/refusal.ts';

export const witnessUnreachable = (name: string, why: string) =>
  new Refusal(
    'witness_unreachable',
    `The witness ${name} cannot be reached: ${why}`,
    'It is tried again; until then only the other witnesses hold the newest checkpoints.',
  );

export const witnessConflict = (name: string, size: number, has: number) =>
  new Refusal(
    'witness_conflict',
    `The witness ${name} holds a checkpoint of ${has} entries that this one of ${size} does not go on from`,
    'The audit log was rolled back or rewritten, or the platform was recovered from a backup. See docs/runbooks/audit-log.md.',
  );

export const witnessRefused = (name: string, status: number, said: string) =>
  new Refusal(
    'witness_refused',
    `The witness ${name} refuses the checkpoint: ${status} ${said.trim().slice(0, 200)}`,
    "Give its operator the log's key and origin, which `bastide audit:status` prints.",
  );
