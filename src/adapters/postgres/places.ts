/** Where things are inside the container. */
export const PLACES = {
  data: '/data/main',
  config: '/config',
  wal: '/wal',
  socket: '/run/postgresql',
  port: 5432,
  ca: '/etc/bastide/ca.pem',
} as const;
