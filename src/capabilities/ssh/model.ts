import { z } from 'zod';

/** The port of the SSH gateway. */
export const SSH_PORT = 2200;
/** Host user of the gateway; nothing else runs as it. Its group is the edge's, which may reach the API's socket. */
export const SSH_UID = 65_002;
export const SSH_GID = 65_000;

export const ENTRY_SECONDS = { least: 60, most: 7 * 86_400, usual: 3600 } as const;
export const CERTIFICATE_SECONDS = { least: 60, most: 900, usual: 300 } as const;
export const KEY_DAYS = { usual: 90, most: 365 } as const;
/** Keys of a project that are good at the same time, and entries of it. */
export const KEYS = 20;

export const Cidr = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])
  .meta({ description: 'An address, or a network as CIDR', example: '203.0.113.0/24' });

/** A project's principal: what a certificate has to say, and what sshd asks for. */
export const principalOf = (projectId: string): string => `project-${projectId}`;
/** Said in the certificate too; nothing is let in by it alone. */
export const roleOf = (projectId: string, role: string): string => `project-${projectId}-${role}`;

export const OpenEntry = z.strictObject({
  seconds: z
    .int()
    .min(ENTRY_SECONDS.least)
    .max(ENTRY_SECONDS.most)
    .default(ENTRY_SECONDS.usual)
    .meta({ description: 'How long, in seconds', example: 3600 }),
  from: z.array(Cidr).max(10).default([]).meta({ description: 'Who may come in; from anywhere unless told' }),
});

export const AskCertificate = z.strictObject({
  publicKey: z
    .string()
    .max(2000)
    .meta({ description: 'A line of OpenSSH, or a PEM of an elliptic key (SPKI)' }),
  seconds: z
    .int()
    .min(CERTIFICATE_SECONDS.least)
    .max(CERTIFICATE_SECONDS.most)
    .default(CERTIFICATE_SECONDS.usual)
    .meta({ description: 'How long one may log in with it', example: 300 }),
});

/** What ssh.certify answers. */
export const Certified = z.object({
  certificate: z.string(),
  knownHosts: z.string(),
  serial: z.int(),
});

export const EnrolKey = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,40}$/)
    .meta({ description: 'What the key is for', example: 'ci' }),
  publicKey: z.string().max(2000).meta({ description: 'The line of its .pub file' }),
  days: z
    .int()
    .min(1)
    .max(KEY_DAYS.most)
    .default(KEY_DAYS.usual)
    .meta({ description: `Days until it expires, ${KEY_DAYS.most} at most` }),
});

const time = z.iso.datetime();
export const SshView = z.object({
  host: z.string().meta({ description: 'Where the gateway answers' }),
  port: z.int(),
  entries: z.array(
    z.object({
      id: z.uuid(),
      state: z.enum(['opening', 'open', 'closing']),
      from: z.array(z.string()),
      openedBy: z.string(),
      reason: z.string().nullable(),
      createdAt: time,
      until: time,
    }),
  ),
  certificates: z.array(
    z.object({
      id: z.uuid(),
      serial: z.int(),
      account: z.string(),
      app: z.string(),
      createdAt: time,
      until: time,
      revokedAt: time.nullable(),
    }),
  ),
  keys: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      createdBy: z.string(),
      createdAt: time,
      expiresAt: time,
      lastUsedAt: time.nullable(),
    }),
  ),
  sessions: z.array(
    z.object({
      id: z.uuid(),
      actor: z.string(),
      app: z.string(),
      command: z.string(),
      from: z.string().nullable(),
      createdAt: time,
    }),
  ),
});

/** What the gateway says of a login that sshd let in. */
export const BeginSession = z.strictObject({
  gateway: z.string().max(200).meta({ description: "The gateway's own token" }),
  app: z.string().max(40).meta({ description: 'The login name' }),
  credential: z
    .string()
    .max(8000)
    .regex(/^[A-Za-z0-9+/]+={0,2}$/)
    .meta({ description: 'The certificate or key that sshd accepted, base64' }),
  command: z.string().max(4096).meta({ description: 'What was asked for; empty: a shell' }),
});
export const Session = z.object({
  token: z
    .string()
    .meta({ description: 'Stands for who logged in, while everything that let them in is true' }),
  actor: z.string(),
  pushesOnly: z.boolean(),
  until: time,
});

/** Inputs of operations and steps. */
export const EntryInput = z.strictObject({ entryId: z.uuid() });
export const CertificateInput = z.strictObject({ certificateId: z.uuid() });
export const entryTarget = (id: string): string => `ssh-entry:${id}`;
export const certificateTarget = (id: string): string => `ssh-certificate:${id}`;
