export {
  type CertificateFacts,
  type CertificateWork,
  certificatePlan,
  issuerOf,
} from './plan/certificates.ts';
export { type EdgeApp, type EdgeFacts, type EdgePlatform, edgeConfig, serverName } from './plan/config.ts';
export { checkHost } from './plan/hosts.ts';
export { isProvable, namesAbove, proofOf } from './plan/proof.ts';
