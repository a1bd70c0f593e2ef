import type { Proof } from '../model.ts';

/** How many names above a name may prove it. */
const UP = 4;

/** The record that an organization makes in a zone of its own. */
export const proofOf = (host: string, token: string): Proof => ({
  record: `_bastide-challenge.${host}`,
  value: `bastide-organization=${token}`,
});

/** The name and those above it, the last but one label at most: who writes there decides about what is below. */
export function namesAbove(host: string): string[] {
  const labels = host.split('.');
  const count = Math.min(labels.length - 1, UP + 1);
  return Array.from({ length: count }, (_, at) => labels.slice(at).join('.'));
}

/** Whether a name is anywhere in public DNS, where something could be proven. */
export const isProvable = (host: string): boolean => !host.endsWith('.localhost');
