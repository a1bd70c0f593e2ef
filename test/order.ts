import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Attacks come last and the flood last of all: what they use up, such as an address's share of requests, is nobody's then. */
const ORDER = ['test/lab/', 'test/stories/', 'test/attacks/', 'test/attacks/flood.'];

const rank = ({ moduleId }: TestSpecification): number =>
  ORDER.findLastIndex((part) => moduleId.includes(`/${part}`));

/** The lab in the same order in every run, so that a run that fails can be had again; the rest as is quickest. */
export class FixedOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = files.filter((file) => rank(file) < 0);
    const inLab = files.filter((file) => rank(file) >= 0);
    return [
      ...(await super.sort(others)),
      ...inLab.sort((one, other) => rank(one) - rank(other) || one.moduleId.localeCompare(other.moduleId)),
    ];
  }
}
