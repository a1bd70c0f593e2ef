/** Where things are inside the container. */
export const PLACES = {
  data: '/data',
  config: '/config',
  /** Where a snapshot is written, and read back from. */
  snapshot: '/data/dump.rdb',
  incoming: '/data/incoming.rdb',
  port: 6379,
  ca: '/etc/bastide/ca.pem',
} as const;
