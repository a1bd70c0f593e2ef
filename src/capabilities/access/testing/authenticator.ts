import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest();
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

const FLAGS = { present: 1, verified: 4, attested: 64 } as const;

/** What a fault may change in an answer. */
export interface Tamper {
  readonly verified?: boolean;
  readonly origin?: string;
  readonly host?: string;
  readonly challenge?: string;
  readonly counter?: number;
}

/** A CBOR byte string or text of more than 23 bytes. */
const head = (major: number, length: number): Buffer =>
  length < 24
    ? Buffer.from([(major << 5) | length])
    : length < 256
      ? Buffer.from([(major << 5) | 24, length])
      : Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
const cborBytes = (bytes: Uint8Array) => Buffer.concat([head(2, bytes.length), bytes]);
const cborText = (value: string) => Buffer.concat([head(3, value.length), Buffer.from(value)]);

/** An authenticator in software, with one resident ES256 key: what a security key does, and what a broken one does. */
export function softAuthenticator(
  place = { origin: 'https://bastide.localhost', host: 'bastide.localhost' },
) {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = pair.publicKey.export({ format: 'jwk' });
  const id = randomBytes(32);
  let counter = 0;

  const data = (flags: number, tamper: Tamper, rest: Uint8Array = Buffer.alloc(0)) => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(tamper.counter ?? ++counter);
    const verified = tamper.verified === false ? 0 : FLAGS.verified;
    return Buffer.concat([
      sha256(tamper.host ?? place.host),
      Buffer.from([flags | FLAGS.present | verified]),
      count,
      rest,
    ]);
  };
  const client = (type: string, options: Record<string, unknown>, tamper: Tamper) =>
    Buffer.from(
      JSON.stringify({
        type,
        challenge: tamper.challenge ?? options.challenge,
        origin: tamper.origin ?? place.origin,
        crossOrigin: false,
      }),
    );
  const envelope = { id: text(id), rawId: text(id), type: 'public-key', clientExtensionResults: {} };

  return {
    id: text(id),
    make(options: Record<string, unknown>, tamper: Tamper = {}) {
      const cose = Buffer.concat([
        Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
        cborBytes(Buffer.from(jwk.x!, 'base64url')),
        Buffer.from([0x22]),
        cborBytes(Buffer.from(jwk.y!, 'base64url')),
      ]);
      const length = Buffer.from([0, id.length]);
      const authData = data(FLAGS.attested, tamper, Buffer.concat([Buffer.alloc(16), length, id, cose]));
      const attestation = Buffer.concat([
        Buffer.from([0xa3]),
        cborText('fmt'),
        cborText('none'),
        cborText('attStmt'),
        Buffer.from([0xa0]),
        cborText('authData'),
        cborBytes(authData),
      ]);
      const clientDataJSON = text(client('webauthn.create', options, tamper));
      return {
        ...envelope,
        response: { clientDataJSON, attestationObject: text(attestation), transports: ['usb'] },
      };
    },
    use(options: Record<string, unknown>, tamper: Tamper = {}) {
      const clientData = client('webauthn.get', options, tamper);
      const authenticatorData = data(0, tamper);
      const key = createPrivateKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
      const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), key);
      return {
        ...envelope,
        response: {
          clientDataJSON: text(clientData),
          authenticatorData: text(authenticatorData),
          signature: text(signature),
        },
      };
    },
  };
}
