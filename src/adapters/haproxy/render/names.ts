import { dirname } from 'node:path';
import type { EdgeSettings } from '../settings.ts';

/** The files of the load balancer, by their place below `EdgeSettings.files`. */
export const MAPS = [
  'hosts',
  'projects',
  'limits',
  'bodies',
  'health',
  'checkhosts',
  'maintenance',
  'acme',
] as const;
export type MapName = (typeof MAPS)[number];

export const mapFile = (files: string, map: MapName): string => `${files}/${map}.map`;
export const configFile = (files: string): string => `${files}/haproxy.cfg`;
export const certificateList = (files: string): string => `${files}/crt-list.txt`;
/** `*` is no character for a file name. */
export const certificateFile = (files: string, name: string): string =>
  `${files}/certs/${name.replace('*', '_wildcard')}.pem`;
export const pageFile = (files: string, page: string): string => `${files}/pages/${page}.html`;
export const luaFile = (files: string): string => `${files}/body.lua`;
/** Who came in at the address inside; no slot, so that nobody's app is it. */
export const INSIDE = 'inside';
/** Where requests go on whose body has to be counted while it streams; no slot either. */
export const BODIES = 'bodies';
export const bodiesSocket = ({ sockets }: EdgeSettings): string => `${dirname(sockets.admin)}/${BODIES}.sock`;
export const backendName = (slot: number): string => `s${slot}`;
