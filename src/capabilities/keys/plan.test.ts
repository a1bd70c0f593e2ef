import { describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { planProjectKey } from './plan.ts';

const facts = { projectExists: true, keyExists: false, recipientSet: false };
const kinds = (over: Partial<typeof facts>) =>
  must(planProjectKey('p', { ...facts, ...over })).map((step) => `${step.capability}.${step.kind}`);

describe("a project's key", () => {
  it('is made where there is none', () => {
    expect(kinds({})).toEqual(['keys.createProjectKey']);
  });

  it('is finished where a killed agent stored it and told nobody the recipient', () => {
    expect(kinds({ keyExists: true })).toEqual(['keys.createProjectKey']);
  });

  it('is never made a second time', () => {
    expect(kinds({ keyExists: true, recipientSet: true })).toEqual([]);
  });

  it('is not made for a project that is gone', () => {
    const refused = planProjectKey('p', { ...facts, projectExists: false });
    expect(isRefusal(refused) && refused.code).toBe('keys_project_gone');
  });
});
