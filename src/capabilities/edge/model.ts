import { z } from 'zod';

/** Steps of the edge that other capabilities' plans may emit. */
export const EdgeStep = {
  /** Looks again at what is wanted and what runs, and brings the load balancer to it. */
  sync: z.object({}),
  /** Waits until `count` servers of the release answer their health path through the edge. */
  awaitHealthy: z.object({
    appId: z.uuid(),
    version: z.int(),
    count: z.int().min(1),
    seconds: z.int().min(1).max(3600),
  }),
  /** Waits until no server of the release has a session left, or the time is up. */
  awaitDrained: z.object({ appId: z.uuid(), version: z.int(), seconds: z.int().min(0).max(600) }),
  /** Gives each of the app's hosts a certificate; a name that cannot get one yet is reported, not fatal. */
  certificates: z.object({ appId: z.uuid() }),
};

export const Host = z
  .string()
  .max(253)
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/)
  .meta({ description: 'A host name, in lower case, without a trailing dot', example: 'shop.example.org' });

export const Domain = z.object({
  host: Host,
  kind: z.enum(['platform', 'custom']),
  certificate: z
    .object({
      issuer: z.enum(['internal', 'acme']),
      notAfter: z.iso.datetime(),
      lastError: z.string().nullable(),
    })
    .nullable(),
  createdAt: z.iso.datetime(),
});
export type Domain = z.infer<typeof Domain>;
