/** Where things are inside the container. */
export const PLACES = {
  data: '/data/main',
  scratch: '/data/tmp',
  /** Where SELECT INTO OUTFILE may write, for those who may; nobody may. */
  files: '/data/files',
  config: '/config',
  socket: '/run/mysqld/mysqld.sock',
  pid: '/run/mysqld/mysqld.pid',
  port: 3306,
  ca: '/etc/bastide/ca.pem',
} as const;
