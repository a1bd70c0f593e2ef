import type { Lab } from './lab.ts';
import { WAN_ADDRESS } from './topology.ts';

const HOST = 'acme.test';
const PORT = 14000;

export interface Acme {
  /** RFC 8555 directory URL. */
  readonly directory: string;
  /** The authority behind the directory's own HTTPS certificate; a client has to trust it. PEM. */
  readonly certificateAuthority: string;
  /** The authority behind the certificates it issues. PEM. */
  readonly issuer: () => Promise<string>;
}

/** Starts an ACME server that validates over the lab's network, and rejects a few nonces as a real one may. */
export async function startAcme(lab: Lab): Promise<Acme> {
  await lab.dns.set({ [HOST]: WAN_ADDRESS });
  const key = '/run/lab/acme.key';
  const certificate = '/run/lab/acme.pem';
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await lab.wan.must(['openssl', 'req', ...kind, ...subject, '-keyout', key, '-out', certificate]);
  const config = {
    pebble: {
      listenAddress: `${WAN_ADDRESS}:${PORT}`,
      managementListenAddress: `${WAN_ADDRESS}:15000`,
      certificate,
      privateKey: key,
      httpPort: 80,
      tlsPort: 443,
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
    },
  };
  lab.wan.writeFile('/run/lab/pebble.json', JSON.stringify(config));
  const argv = ['pebble', '-strict', '-config', '/run/lab/pebble.json', '-dnsserver', `${WAN_ADDRESS}:53`];
  // Seconds of random waiting before each validation help nobody here.
  lab.wan.spawn(argv, { env: { PEBBLE_VA_NOSLEEP: '1' } });
  await lab.wan.waitListening(PORT);
  return {
    directory: `https://${HOST}:${PORT}/dir`,
    certificateAuthority: lab.wan.readFile(certificate),
    issuer: () => lab.wan.must(['curl', '-fsS', '--insecure', `https://${WAN_ADDRESS}:15000/roots/0`]),
  };
}
