import { type Call, Refused } from './api.ts';
import { proof } from './proof.ts';

interface Factors {
  readonly totp: boolean;
  readonly passkeys: readonly unknown[];
}

/** Does what is dangerous; where the second factor was proven too long ago, asks for it first. */
export async function provenly<T>(as: Call, why: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'step_up_needed') throw error;
    await stepUp(as, why);
    return run();
  }
}

async function stepUp(as: Call, why: string): Promise<void> {
  const { passkeys, totp } = await as<Factors>('GET', '/v1/account/factors');
  const factors = [
    ...(passkeys.length > 0 ? (['passkey'] as const) : []),
    ...(totp ? (['totp'] as const) : []),
  ];
  await proof(as, factors, 'Prove that it is you', why);
}
