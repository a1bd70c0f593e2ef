import type { Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import { projectGone } from './errors.ts';
import type { KeyFacts } from './model.ts';

/** A project gets one key, once: a second would make what the first sealed unreadable. */
export function planProjectKey(projectId: string, facts: KeyFacts): Outcome<readonly Step[]> {
  if (!facts.projectExists) return projectGone();
  if (facts.keyExists && facts.recipientSet) return [];
  return [
    {
      capability: 'keys',
      kind: 'createProjectKey',
      key: `keys.createProjectKey:${projectId}`,
      summary: "Make the project's encryption key",
      input: { projectId },
    },
  ];
}
