import { isIP } from 'node:net';
import { z } from 'zod';

export const StoreName = z
  .string()
  .regex(
    /^[a-z](?!.--)[a-z0-9-]{0,38}[a-z0-9]$/,
    'a name is 2 to 40 lower-case letters, digits and dashes; it begins with a letter and does not end with a dash',
  )
  .refine((name) => name !== 's3' && name !== 'aws', 'its config vars would be the common ones')
  .meta({ description: 'Name of an object store, unique in its project', example: 'uploads' });

/** What is wrong with the address of a provider; undefined where nothing is. */
export function endpointFault(text: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return 'it is not a URL';
  const url = new URL(text);
  const host = url.hostname;
  if (url.protocol !== 'https:' || !/^https:\/\//i.test(text)) return 'only https is taken';
  if (url.username !== '' || url.password !== '') return 'it has a user or password in it';
  if (/[?#\\]/.test(text)) return 'it has a query or fragment';
  if (host.startsWith('[') || isIP(host)) return 'the host is an address, not a name';
  if (!/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(host))
    return 'the host is not a full name';
  if (/(^|\.)(localhost|local|internal|localdomain|home|lan|db)$/.test(host))
    return 'the host is not a public name';
  if (url.port !== '' && Number(url.port) < 1024) return 'its port is neither 443 nor one of 1024 and above';
  if (!/^(\/[A-Za-z0-9._~-]+)*\/?$/.test(url.pathname) || text.includes('..')) return 'its path is not plain';
  return undefined;
}

/** Where the provider's S3 interface is; written anew from its parts. */
export const Endpoint = z
  .string()
  .max(500)
  .superRefine((text, context) => {
    const fault = endpointFault(text);
    if (fault) context.addIssue({ code: 'custom', message: `the endpoint is not taken: ${fault}` });
  })
  .meta({ description: 'Address of the S3 interface', example: 'https://s3.eu-central-1.amazonaws.com' });

/** As it is stored: without a slash at its end. */
export const plainEndpoint = (endpoint: string): string => {
  const { origin, pathname } = new URL(endpoint);
  return `${origin}${pathname.replace(/\/$/, '')}`;
};

export const BucketName = z
  .string()
  .regex(
    /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'a bucket is 3 to 63 lower-case letters, digits, dots, dashes',
  )
  .meta({ description: 'Name of the bucket at the provider', example: 'shop-uploads' });

export const Region = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'a region is lower-case letters, digits and dashes')
  .meta({ description: "The provider's name of the region", example: 'eu-central-1' });
export const DEFAULT_REGION = 'us-east-1';

/** What the provider gave out. */
export const KeyPair = z.strictObject({
  accessKeyId: z
    .string()
    .regex(/^[A-Za-z0-9._+/=-]{3,128}$/, 'an access key id is 3 to 128 letters, digits and ._+/=-')
    .meta({ description: 'Its public half', example: 'AKIAIOSFODNN7EXAMPLE' }),
  secretAccessKey: z
    .string()
    .regex(/^[\x21-\x7e]{8,256}$/, 'a secret key is 8 to 256 characters without spaces')
    .meta({ description: 'Its secret half; sealed at once and never shown again' }),
});

/** An object store as people see it. */
export const ObjectStore = z.object({
  name: StoreName,
  project: z.string(),
  endpoint: z.string(),
  region: z.string(),
  bucket: z.string(),
  state: z.enum(['checking', 'ready']),
  accessKeyId: z.string().nullable().meta({ description: 'Of the credential in use' }),
  access: z
    .enum(['list', 'limited'])
    .nullable()
    .meta({ description: 'limited: the provider took the key and does not let it list' }),
  checkedAt: z.iso.datetime().nullable(),
  apps: z.array(z.string()).meta({ description: 'Attached to these' }),
  createdAt: z.iso.datetime(),
});
export type ObjectStore = z.infer<typeof ObjectStore>;

/** Operations on one object store never run at the same time. */
export const objectsTarget = (storeId: string): string => `objects:${storeId}`;

/** What a secret key is sealed for. */
export const credentialBinding = (storeId: string, generation: number) => ({
  owner: storeId,
  name: `credential-${generation}`,
});

/** Config vars that the SDKs read by themselves; they belong to the app's main object store. */
export const MAIN_VARIABLES = {
  S3_ENDPOINT: 'endpoint',
  AWS_ENDPOINT_URL_S3: 'endpoint',
  AWS_REGION: 'region',
  S3_BUCKET: 'bucket',
  AWS_ACCESS_KEY_ID: 'accessKeyId',
  AWS_SECRET_ACCESS_KEY: 'secretAccessKey',
} as const;
export type Part = (typeof MAIN_VARIABLES)[keyof typeof MAIN_VARIABLES];

/** The config vars of an attachment and what each has: its own name's always, UPLOADS_BUCKET for uploads. */
export function variables(name: string, main: boolean): Readonly<Record<string, Part>> {
  const own = name.toUpperCase().replaceAll('-', '_');
  return {
    [`${own}_ENDPOINT`]: 'endpoint',
    [`${own}_REGION`]: 'region',
    [`${own}_BUCKET`]: 'bucket',
    [`${own}_ACCESS_KEY_ID`]: 'accessKeyId',
    [`${own}_SECRET_ACCESS_KEY`]: 'secretAccessKey',
    ...(main ? MAIN_VARIABLES : {}),
  };
}

/** Inputs of the operations. */
export const ObjectsInput = {
  store: z.strictObject({ storeId: z.uuid() }),
  credential: z.strictObject({ storeId: z.uuid(), generation: z.int().min(1) }),
  attachment: z.strictObject({ storeId: z.uuid(), attachmentId: z.uuid() }),
} as const;
