import { z } from 'zod';

/** Steps of the network that other capabilities' plans may emit. */
export const NetworkStep = {
  /** The project's own network is there. */
  ensureProject: z.object({ projectId: z.uuid() }),
  removeProject: z.object({ projectId: z.uuid() }),
};

/** The name of a project's network in the engine. */
export const projectNetwork = (projectId: string): string => `bastide-p-${projectId}`;
