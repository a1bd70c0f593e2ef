import { BlockList, isIPv4 } from 'node:net';
import { NEVER4 } from '../nft/ranges.ts';

const split = (net: string): [string, number] => {
  const [address, bits] = net.split('/');
  return [address!, Number(bits)];
};

const never = new BlockList();
for (const net of NEVER4) never.addSubnet(...split(net), 'ipv4');
/** What of the public half of IPv6 is not public: protocols' own, documentation, and IPv4 in disguise. */
for (const net of ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])
  never.addSubnet(...split(net), 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

/** Whether an address belongs to somebody on the internet: what an app may reach, and nothing else. */
export const isPublic = (address: string): boolean =>
  isIPv4(address)
    ? !never.check(address, 'ipv4')
    : global6.check(address, 'ipv6') && !never.check(address, 'ipv6');

const nobodys = new BlockList();
/** Nowhere, link-local with the clouds' metadata, everybody at once. */
for (const net of ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3']) nobodys.addSubnet(...split(net), 'ipv4');
for (const net of ['::/128', 'fe80::/10', 'ff00::/8', 'fd00:ec2::/32'])
  nobodys.addSubnet(...split(net), 'ipv6');

/** Whether an operator may name an address in the settings: one of his own network too, metadata of a cloud never. */
export const isNameable = (address: string): boolean =>
  !nobodys.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');

const lan = new BlockList();
for (const net of ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'])
  lan.addSubnet(...split(net), 'ipv4');
lan.addSubnet('fc00::', 7, 'ipv6');

/** Whether an address belongs to somebody's private network; this machine's own are for the caller to tell. */
export const isPrivate = (address: string): boolean => lan.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
