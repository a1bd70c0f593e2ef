import type { z } from 'zod';
import type { Neighbour, Tools } from './tools.ts';

const MARK = 'bastide-control:';

/** What a script inside ends with: the one line of its output that is read back. */
export const REPORT = `const report = (value) => console.log(${JSON.stringify(MARK)} + JSON.stringify(value));`;

/**
 * Runs a script in a one-off container of a canary app and reads what it reported. Throws where it reported nothing:
 * an attack that did not run has proven nothing.
 */
export async function reported<S extends z.ZodType>(
  tools: Tools,
  of: Neighbour,
  script: string,
  schema: S,
  input?: unknown,
): Promise<z.output<S>> {
  const { code, output } = await tools.inside(of, `${REPORT}\n${script}`, input);
  const line = output.split('\n').find((one) => one.startsWith(MARK));
  if (line === undefined)
    throw new Error(`the script inside reported nothing, exit ${code}: ${output.slice(-300)}`);
  return schema.parse(JSON.parse(line.slice(MARK.length)));
}
