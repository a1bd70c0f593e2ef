import type { Control } from '../contract/control.ts';
import { inconclusive, type Judgement } from '../contract/judging.ts';
import type { Tools } from '../contract/tools.ts';

export interface Attempt extends Judgement {
  readonly world: unknown;
}

const words = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 500);

/**
 * Runs one control. Whatever throws, in any of its parts, makes it inconclusive: an attack that did not take place has
 * proven nothing. A world that was broken stays broken, also where putting things back fails then.
 */
export async function attempt(control: Control, tools: Tools): Promise<Attempt> {
  let arranged: unknown;
  try {
    arranged = await control.arrange(tools);
  } catch (error) {
    return { ...inconclusive(`arranging it threw: ${words(error)}`), world: null };
  }
  const made = await attacked(control, tools, arranged);
  try {
    await control.restore(tools, arranged);
  } catch (error) {
    const left = `; putting things back threw: ${words(error)}`;
    return made.verdict === 'broken'
      ? { ...made, reason: made.reason + left }
      : { ...inconclusive(made.reason + left), world: made.world };
  }
  return made;
}

async function attacked(control: Control, tools: Tools, arranged: unknown): Promise<Attempt> {
  let world: unknown = null;
  try {
    world = (await control.attack(tools, arranged)) ?? null;
    const { verdict, reason } = control.judge(world);
    return { verdict, reason, world };
  } catch (error) {
    return { ...inconclusive(`it threw: ${words(error)}`), world };
  }
}
