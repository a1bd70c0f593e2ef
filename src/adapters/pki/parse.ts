/** The first certificate and the first private key of a PEM text. */
export function splitPem(text: string): { certificate: string; key: string } | undefined {
  const certificate = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/)?.[0];
  const key = text.match(/-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/)?.[0];
  return certificate && key ? { certificate: `${certificate}\n`, key: `${key}\n` } : undefined;
}
