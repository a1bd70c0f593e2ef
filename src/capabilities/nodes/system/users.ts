/**
 * Numeric users of the platform's containers. Inside a container they are what is written here; on the host the
 * engine's user namespace puts 100000 before them, but for the edge, which has the host's own (it needs the host's
 * network).
 */
export const users = {
  postgres: 70,
  registry: 65_001,
  api: 10_001,
  prober: 10_002,
  edge: 65_000,
} as const;

export type SystemUser = keyof typeof users;

const FIRST_SUBUID = 100_000;

/** Who owns a mounted file on the host. */
export const hostUid = (user: SystemUser): number =>
  user === 'edge' ? users.edge : FIRST_SUBUID + users[user];

/** `uid:gid`, as the engine takes it. */
export const userOf = (user: SystemUser): string => `${users[user]}:${users[user]}`;
