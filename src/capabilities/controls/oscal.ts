import { z } from 'zod';

export const OSCAL_VERSION = '1.1.2';

const Uuid = z
  .string()
  .regex(/^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$/);
const Token = z.string().regex(/^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$/u);
const Text = z.string().regex(/^\S(.*\S)?$/su);
const Time = z.iso.datetime({ offset: true });
const Prop = z.object({ name: Token, ns: z.url().optional(), value: Text });

/**
 * What the OSCAL assessment-results model (NIST, 1.1.2) asks of a document: its required fields and the forms of
 * identifiers, for the parts that we write.
 */
export const AssessmentResults = z.strictObject({
  'assessment-results': z.strictObject({
    uuid: Uuid,
    metadata: z.strictObject({
      title: Text,
      'last-modified': Time,
      version: Text,
      'oscal-version': z.literal(OSCAL_VERSION),
    }),
    'import-ap': z.strictObject({ href: Text }),
    results: z
      .array(
        z.strictObject({
          uuid: Uuid,
          title: Text,
          description: Text,
          start: Time,
          end: Time.optional(),
          'reviewed-controls': z.strictObject({
            'control-selections': z
              .array(
                z.union([
                  z.strictObject({
                    'include-controls': z.array(z.strictObject({ 'control-id': Token })).min(1),
                  }),
                  z.strictObject({ 'include-all': z.strictObject({}) }),
                ]),
              )
              .min(1),
          }),
          observations: z
            .array(
              z.strictObject({
                uuid: Uuid,
                title: Text,
                description: Text,
                props: z.array(Prop).min(1),
                methods: z.array(z.enum(['EXAMINE', 'INTERVIEW', 'TEST', 'UNKNOWN'])).min(1),
                types: z.array(Token).min(1),
                collected: Time,
                'relevant-evidence': z.array(z.strictObject({ href: Text, description: Text })).min(1),
              }),
            )
            .min(1)
            .optional(),
          findings: z
            .array(
              z.strictObject({
                uuid: Uuid,
                title: Text,
                description: Text,
                target: z.strictObject({
                  type: z.enum(['statement-id', 'objective-id']),
                  'target-id': Token,
                  status: z.strictObject({
                    state: z.enum(['satisfied', 'not-satisfied']),
                    reason: z.enum(['pass', 'fail', 'other']),
                  }),
                }),
                'related-observations': z.array(z.strictObject({ 'observation-uuid': Uuid })).min(1),
              }),
            )
            .min(1)
            .optional(),
        }),
      )
      .min(1),
    'back-matter': z.strictObject({
      resources: z
        .array(
          z.strictObject({
            uuid: Uuid,
            title: Text,
            description: Text.optional(),
            base64: z.strictObject({ filename: Token, 'media-type': Text, value: z.base64() }).optional(),
          }),
        )
        .min(1),
    }),
  }),
});
