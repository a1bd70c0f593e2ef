import { z } from 'zod';
import { isRefusal, type Outcome } from '../kernel/refusal.ts';
import { path } from './client.ts';
import { given, type Input, type Option } from './command.ts';
import { usage } from './errors.ts';
import type { Io } from './io.ts';

/** The option that names the project; projectOf() reads it, or finds the one there is. */
export const projectOption: Option = {
  flags: '-p, --project <project>',
  description: 'the project, where there are several',
};

const Projects = z.object({ projects: z.array(z.object({ name: z.string() })) });

const OfProject = z.object({ project: z.string() });

/** The project of `--project`, else that of `--app`, else the one there is. Asks `listProjects` and `getApp`. */
export async function projectOf(io: Io, input: Input): Promise<Outcome<string>> {
  const named = given(input, 'project');
  if (named !== undefined) return named;
  const app = given(input, 'app');
  if (app !== undefined) {
    const found = await io.api.get(path`/v1/apps/${app}`, OfProject);
    return isRefusal(found) ? found : found.project;
  }
  const list = await io.api.get('/v1/projects', Projects);
  if (isRefusal(list)) return list;
  const [only, second] = list.projects;
  if (only && !second) return only.name;
  return second
    ? usage('There are several projects', 'Name one with --project; see: bastide projects')
    : usage('There is no project yet', 'Create one with: bastide projects:create');
}
