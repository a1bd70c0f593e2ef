import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Attacks come last and the flood last of all: what they use up, such as an address's share of requests, is nobody's then. */
const ORDER = ['test/lab/', 'test/stories/', 'test/attacks/', 'test/attacks/flood.'];

/** Real programs that take minutes: these begin first, so that none of them runs alone at the end. */
const LONG = [
  'builder.real.',
  'databases.real.',
  'restic.real.',
  'containers.real.',
  'network.real.',
  'guessing.real.',
  'two-vaults.real.',
];

const isLong = ({ moduleId }: TestSpecification): boolean => LONG.some((part) => moduleId.includes(part));

const rank = ({ moduleId }: TestSpecification): number =>
  ORDER.findLastIndex((part) => moduleId.includes(`/${part}`));

/** The lab in the same order in every run, so that a run that fails can be had again; the rest as is quickest. */
export class FixedOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files.filter((file) => rank(file) < 0));
    const inLab = files.filter((file) => rank(file) >= 0);
    return [
      ...others.filter(isLong),
      ...others.filter((file) => !isLong(file)),
      ...inLab.sort((one, other) => rank(one) - rank(other) || one.moduleId.localeCompare(other.moduleId)),
    ];
  }
}
