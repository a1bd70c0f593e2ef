import { z } from 'zod';
import type { Tools } from './tools.ts';

const Backups = z.object({
  backups: z.array(
    z.object({
      source: z.string(),
      kind: z.string(),
      takenAt: z.string(),
      verdict: z.string(),
      verifiedAt: z.string().nullable(),
      restoredAt: z.string().nullable(),
    }),
  ),
});
const Schedules = z.object({
  schedules: z.array(z.object({ source: z.string(), type: z.string(), everyHours: z.number().nullable() })),
});
const Project = z.object({ createdAt: z.string() });

/** A canary project's backups and policy, as its owner is told. Throws where the API does not say. */
export async function ownersView(tools: Tools) {
  const { project } = tools.canary('a');
  const get = async <S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> => {
    const answer = await tools.api('a', 'GET', path);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.code ?? answer.status}`);
    return schema.parse(answer.body);
  };
  const [{ backups }, { schedules }, { createdAt }] = [
    await get(`/v1/projects/${project}/backups`, Backups),
    await get(`/v1/projects/${project}/backups/schedule`, Schedules),
    await get(`/v1/projects/${project}`, Project),
  ];
  return { now: tools.now(), age: tools.now() - Date.parse(createdAt), backups, schedules };
}
