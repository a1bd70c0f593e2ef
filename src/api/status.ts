/** HTTP status of a refusal, by its code. Codes that are not listed, and end in nothing known, are 422. */
const STATUS: Record<string, number> = {
  not_signed_in: 401,
  access_denied: 403,
  second_factor_needed: 403,
  step_up_needed: 403,
  session_needed: 403,
  sign_in_refused: 401,
  factor_refused: 401,
  passkey_refused: 401,
  recovery_refused: 401,
  device_pending: 409,
  device_too_fast: 429,
  device_busy: 429,
  staff_access_decided: 409,
  staff_access_over: 409,
  staff_access_own: 403,
  staff_own_role: 403,
  break_glass_too_new: 403,
  bootstrap_refused: 401,
  enrolment_refused: 401,
  evidence_refused: 409,
  sign_in_throttled: 429,
  upload_busy: 429,
  operations_waiting: 429,
  method_not_allowed: 405,
  request_malformed: 400,
  request_too_large: 413,
  content_type_unsupported: 415,
  upgrade_needed: 426,
  origin_refused: 403,
  vpn_only: 403,
  vpn_no_handshake: 409,
  vpn_full: 409,
  vpn_not_ready: 503,
  session_joined: 409,
  operation_ended: 409,
  operation_not_yours: 403,
  upload_cut: 400,
  uploads_full: 507,
  upload_share_full: 507,
  internal_error: 500,
  database_unavailable: 503,
};

export function statusOf(code: string): number {
  const known = STATUS[code];
  if (known) return known;
  if (code.endsWith('_not_found')) return 404;
  if (/_(exists|taken)$/.test(code)) return 409;
  return 422;
}
