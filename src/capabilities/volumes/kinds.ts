import type { OperationKind } from '../../engine/capability.ts';
import { stepDone } from '../../engine/once.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import type { VolumesDeps } from './deps.ts';
import { inputInvalid } from './errors.ts';
import type { RekeyFacts, StorageFacts, VolumeFacts } from './facts.ts';
import { VolumesInput } from './model.ts';
import { observeStorage, observeVolume } from './observe.ts';
import { planCreate, planDestroy, planRekey, planResize, planResume, planSuspend } from './plan.ts';
import { observeRekey } from './rekey.ts';

type Planned<Facts, Input> = (
  operation: Parameters<OperationKind<Facts>['plan']>[0],
  input: Input,
  facts: Facts,
) => ReturnType<OperationKind<Facts>['plan']>;

type VolumeInput = (typeof VolumesInput.volume)['_output'];

/** The operations that volumes knows. */
export function volumesKinds(deps: VolumesDeps): OperationKind[] {
  const volume = (kind: string, plan: Planned<VolumeFacts, VolumeInput>): OperationKind<VolumeFacts> => ({
    kind,
    async observe({ input }) {
      const parsed = VolumesInput.volume.safeParse(input);
      return parsed.success ? observeVolume(deps, parsed.data) : inputInvalid();
    },
    plan(operation, facts) {
      const parsed = VolumesInput.volume.safeParse(operation.input);
      return parsed.success ? plan(operation, parsed.data, facts) : inputInvalid();
    },
  });
  type Seen = StorageFacts & { readonly done: boolean };
  const project = (kind: string, plan: Planned<Seen, string>): OperationKind<Seen> => ({
    kind,
    async observe({ id, input }) {
      const parsed = VolumesInput.project.safeParse(input);
      if (!parsed.success) return inputInvalid();
      const facts = await observeStorage(deps, parsed.data);
      if (isRefusal(facts)) return facts;
      const done = await stepDone(deps.db, id, `volumes.resizeStorage:${parsed.data.projectId}`);
      return { ...facts, done };
    },
    plan(operation, facts) {
      const parsed = VolumesInput.project.safeParse(operation.input);
      return parsed.success ? plan(operation, parsed.data.projectId, facts) : inputInvalid();
    },
  });
  const rekey: OperationKind<RekeyFacts & { readonly done: boolean }> = {
    kind: 'volumes.rekey',
    async observe({ id, input }) {
      const parsed = VolumesInput.project.safeParse(input);
      if (!parsed.success) return inputInvalid();
      const facts = await observeRekey(deps, parsed.data.projectId);
      if (isRefusal(facts)) return facts;
      const done = await stepDone(deps.db, id, `volumes.rekeySwitch:${parsed.data.projectId}`);
      return { ...facts, done };
    },
    plan(operation, facts) {
      const parsed = VolumesInput.project.safeParse(operation.input);
      return parsed.success ? planRekey(operation, parsed.data.projectId, facts) : inputInvalid();
    },
  };
  return [
    rekey,
    volume('volumes.create', planCreate),
    volume('volumes.destroy', planDestroy),
    project('volumes.resize', planResize),
    project('projects.suspend', planSuspend),
    project('projects.resume', planResume),
  ] as OperationKind[];
}
