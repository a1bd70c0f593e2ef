import { z } from 'zod';
import { Bundle } from '../../../controls/contract/evidence.ts';

const Within = z.object({
  'assessment-results': z.object({
    'back-matter': z.object({
      resources: z.array(z.object({ base64: z.object({ value: z.string() }).optional() })),
    }),
  }),
});

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** PURE. The signed records of a file: an export of evidence, or OSCAL results with one within. */
export function parseEvidenceFile(text: string): Bundle | undefined {
  const value = json(text);
  const bundle = Bundle.safeParse(value);
  if (bundle.success) return bundle.data;
  const oscal = Within.safeParse(value);
  if (!oscal.success) return undefined;
  for (const { base64 } of oscal.data['assessment-results']['back-matter'].resources) {
    const inner = base64 && Bundle.safeParse(json(Buffer.from(base64.value, 'base64').toString()));
    if (inner?.success) return inner.data;
  }
  return undefined;
}
