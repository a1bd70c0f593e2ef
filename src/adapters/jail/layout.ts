/** Names and numbers of one slot. Fixed, so that what a killed agent left is found by name. */
export interface Slot {
  readonly slot: number;
  /** First id of the user range; 0 inside. */
  readonly base: number;
  /** Owns the user namespace and is not in it. No account: the number alone. */
  readonly owner: number;
  readonly dir: string;
  readonly netns: string;
  readonly veth: string;
  readonly table: string;
  readonly chain: string;
  readonly cgroup: string;
  readonly hostAddress: string;
  readonly address: string;
}

export const RUN_DIR = '/run/bastide-build';
export const MAX_SLOTS = 16;
/** Clear of the engine's range (100000 to 165535). */
const FIRST_ID = 300_000;
const FIRST_OWNER = 299_000;

export function slotOf(slot: number): Slot {
  if (!Number.isInteger(slot) || slot < 0 || slot >= MAX_SLOTS) throw new RangeError(`no slot ${slot}`);
  return {
    slot,
    base: FIRST_ID + slot * 65_536,
    owner: FIRST_OWNER + slot,
    dir: `${RUN_DIR}/${slot}`,
    netns: `bastide-build-${slot}`,
    veth: `bbuild${slot}`,
    table: `bastide_build_${slot}`,
    chain: `BASTIDE-BUILD-${slot}`,
    cgroup: `bastide-build/${slot}`,
    hostAddress: `10.201.${slot}.1`,
    address: `10.201.${slot}.2`,
  };
}
