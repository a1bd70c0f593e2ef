import {
  createAccount,
  createToken,
  ensurePlaneMember,
  findAccount,
  isMember,
  isPerson,
} from '../capabilities/access/store.ts';
import { hashToken, newToken, wellFormed } from '../capabilities/access/tokens.ts';
import type { ControlsSettings } from '../capabilities/controls/routes/admit.ts';
import type { InvitationTokens } from '../capabilities/organizations/routes/members.ts';
import { addMember, createOrganization, organizationId } from '../capabilities/organizations/store.ts';
import type { DoorSettings } from '../capabilities/ssh/routes/door.ts';

/** Days that a prober's tokens live. */
const DAYS = 365;

/** Invitations are tokens like the others. */
export const invitationTokens: InvitationTokens = {
  create() {
    const token = newToken('bsi').reveal();
    return { token, hash: hashToken(token) };
  },
};

/** Accounts and tokens of probers: the one place where three capabilities' stores meet, so it is the frame's. */
export const admission: ControlsSettings = {
  async admit(db, { account, organization, now }) {
    const known = await findAccount(db, account);
    // Ours are made by us: one that a person has is not taken over.
    if (known && (await isPerson(db, known.id))) throw new Error(`${account} is the account of a person`);
    const accountId = known?.id ?? (await createAccount(db, account));
    if (organization === null) await ensurePlaneMember(db, accountId, 'prober');
    else {
      const id = (await organizationId(db, organization)) ?? (await createOrganization(db, organization));
      if (!(await isMember(db, accountId, id))) await addMember(db, accountId, id, 'owner');
    }
    const made = await createToken(db, { accountId, name: 'prober', days: DAYS, now });
    return { accountId, token: made.token.reveal() };
  },
  enrolmentToken() {
    const token = newToken('bsp').reveal();
    return { token, hash: hashToken(token) };
  },
  enrolmentHash: (token) => (wellFormed('bsp', token) ? hashToken(token) : undefined),
};

/** Sessions that come by SSH, and the gateway that stands in for them. */
export const sshTokens: DoorSettings['sshTokens'] = {
  create() {
    const token = newToken('bsh').reveal();
    return { token, hash: hashToken(token) };
  },
  gatewayHash: (token) => (wellFormed('bsg', token) ? hashToken(token) : undefined),
};
