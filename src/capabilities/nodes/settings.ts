import { INTERNAL_ADDRESS, INTERNAL_SUBNET, paths } from '../../main/paths.ts';
import type { NodeSettings } from './model.ts';

/** The node's places as every host has them. */
export const nodeSettings: NodeSettings = {
  internalAddress: INTERNAL_ADDRESS,
  internalSubnet: INTERNAL_SUBNET,
  engineRoot: paths.engineRoot,
  containerdRoot: paths.containerdRoot,
  engineSocket: paths.engineSocket,
  stateDir: paths.state,
  runDir: paths.run,
  configDir: paths.config,
  logDir: paths.log,
  cgroupParent: '/bastide',
};
