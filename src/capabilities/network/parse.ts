import { isIP } from 'node:net';
import { z } from 'zod';

/** Name servers of a resolv.conf(5), in order. A scope (`%eth0`) is cut off. */
export const parseResolvers = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    const address = /^\s*nameserver\s+([^\s%#;]+)/.exec(line)?.[1];
    return address && isIP(address) ? [address] : [];
  });

const Addresses = z.array(
  z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ local: z.string().optional() })).default([]),
  }),
);

/** Addresses of `ip -json address show`. */
export const parseAddresses = (json: string): { interface: string; address: string }[] =>
  Addresses.parse(JSON.parse(json || '[]')).flatMap(({ ifname, addr_info }) =>
    addr_info.flatMap(({ local }) => (local ? [{ interface: ifname, address: local }] : [])),
  );
