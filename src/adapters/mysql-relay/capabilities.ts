/** Bits of the protocol's capability flags that matter here (MariaDB, "Connection Phase"). */
export const CAN = {
  mysql: 0x1,
  compress: 0x20,
  connectWithDb: 0x8,
  localFiles: 0x80,
  protocol41: 0x200,
  ssl: 0x800,
  secureConnection: 0x8000,
  pluginAuth: 0x80000,
  connectAttributes: 0x100000,
  lenencAuth: 0x200000,
} as const;

/**
 * What the relay offers: no compression and no local files. Whatever a client picks of it, every MariaDB and MySQL that is
 * still maintained can do. `mysql` set says that MariaDB's own extensions are not spoken.
 */
export const OFFERED =
  (CAN.mysql |
    0x2 | // found rows
    0x4 | // long flags
    CAN.connectWithDb |
    0x100 | // ignore space
    CAN.protocol41 |
    0x400 | // interactive
    CAN.ssl |
    0x2000 | // transactions
    CAN.secureConnection |
    0x10000 | // several statements
    0x20000 | // several results
    0x40000 | // of prepared statements too
    CAN.pluginAuth |
    CAN.connectAttributes |
    CAN.lenencAuth |
    0x800000 | // session tracking
    0x1000000) >>> // no EOF packets
  0;
