import { type Call, Refused } from './api.ts';
import { action, field, form, h, show } from './dom.ts';
import { canUsePasskeys, proveByPasskey } from './passkey.ts';

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
  const factors = await as<Factors>('GET', '/v1/account/factors');
  return new Promise((resolve) => {
    const proven = (prove: () => Promise<unknown>) => async () => {
      await prove();
      resolve();
    };
    show(
      'Prove that it is you',
      h('p', { class: 'soft' }, why),
      factors.passkeys.length > 0 && canUsePasskeys()
        ? h(
            'div',
            { class: 'stack' },
            action(
              'Use a passkey',
              proven(() => proveByPasskey(as)),
            ),
          )
        : undefined,
      factors.totp
        ? form(
            ({ code }) => proven(() => as('POST', '/v1/account/session/factor', { code }))(),
            field('Code of the authenticator app', {
              name: 'code',
              inputmode: 'numeric',
              autocomplete: 'one-time-code',
            }),
            h('button', { class: 'plain' }, 'Go on'),
          )
        : undefined,
    );
  });
}
