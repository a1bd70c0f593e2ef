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
  /** Looks for the record that proves a claimed name, and gives the name to the app. */
  prove: z.object({ appId: z.uuid(), host: z.string() }),
};

/** What changes the names of an app goes one after the other. */
export const domainsTarget = (appId: string): string => `domains:${appId}`;

export const Host = z
  .string()
  .max(253)
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/)
  .meta({ description: 'A host name, in lower case, without a trailing dot', example: 'shop.example.org' });

export const Proof = z.object({
  record: z.string().meta({
    description: 'Name of the TXT record, at the name or at one above it',
    example: '_bastide-challenge.shop.example.org',
  }),
  value: z.string().meta({ description: 'Its text', example: 'bastide-organization=0f3c…' }),
});
export type Proof = z.infer<typeof Proof>;

export const Domain = z.object({
  host: Host,
  kind: z.enum(['platform', 'custom']),
  proof: Proof.nullable().meta({
    description: 'The record that the name waits for: until it is seen the app does not answer there',
  }),
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
