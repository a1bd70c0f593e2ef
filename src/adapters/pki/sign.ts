// Version 2 of @peculiar/x509 throws unless this comes first.
import 'reflect-metadata';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { Secret } from '../../kernel/secret.ts';
import type { Millis } from '../../kernel/time.ts';
import type { Authority, IssuedLeaf, Leaf } from './port.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };
const DAY = 86_400_000;
/** Clocks differ: a certificate is valid from a little before now. */
const BACKDATE = 3_600_000;
const ROOT_YEARS = 10;

/** A root's certificate and private key, as they are kept: one PEM text, so that one rename replaces both. */
export interface RootPair {
  readonly certificate: string;
  readonly key: Secret;
}

x509.cryptoProvider.set(crypto);

const generate = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

/** 127 random bits, never zero, first byte below 0x80 (RFC 5280 section 4.1.2.2: positive, at most 20 octets). */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

async function keyPem(key: CryptoKey): Promise<Secret> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  const lines = der.match(/.{1,64}/g) ?? [];
  return new Secret(`-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`);
}

async function importKey(pem: string): Promise<CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

const pem = (certificate: x509.X509Certificate): string => `${certificate.toString('pem').trim()}\n`;

/** Makes a new root: CA:TRUE, path length 0 (it signs leaves and nothing else). */
export async function makeRoot(name: string, now: Millis): Promise<RootPair> {
  const keys = await generate();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [name] }, { O: ['Bastide'] }],
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(now + ROOT_YEARS * 365 * DAY),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await keyPem(keys.privateKey) };
}

/** Signs a leaf; the request has been checked already. */
export async function signLeaf(root: RootPair, leaf: Leaf, now: Millis): Promise<IssuedLeaf> {
  const issuer = new x509.X509Certificate(root.certificate);
  const keys = await generate();
  const notBefore = new Date(now - BACKDATE);
  const notAfter = new Date(Math.min(now + leaf.days * DAY, issuer.notAfter.getTime()));
  const usages = [
    ...(leaf.usage === 'client' ? [] : [x509.ExtendedKeyUsage.serverAuth]),
    ...(leaf.usage === 'server' ? [] : [x509.ExtendedKeyUsage.clientAuth]),
  ];
  const names: x509.JsonGeneralName[] = [
    ...leaf.hosts.map((value) => ({ type: 'dns' as const, value })),
    ...(leaf.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [{ CN: [leaf.commonName] }],
    issuer: issuer.subjectName,
    notBefore,
    notAfter,
    signingAlgorithm: SIGNING,
    publicKey: keys.publicKey,
    signingKey: await importKey(root.key.reveal()),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  const text = pem(certificate);
  return {
    certificate: text,
    key: await keyPem(keys.privateKey),
    notBefore,
    notAfter,
    fingerprint: fingerprint(text),
  };
}

/** SHA-256 of the certificate's DER, lower-case hex. */
export const fingerprint = (certificate: string): string =>
  createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');

/** What may be told about a root. */
export function authority(root: RootPair): Authority {
  const certificate = new X509Certificate(root.certificate);
  return {
    certificate: root.certificate,
    notAfter: new Date(certificate.validTo),
    fingerprint: fingerprint(root.certificate),
  };
}
