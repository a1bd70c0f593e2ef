/**
 * Paths that are source, secrets or tooling, never content (ING-9). Matched against the decoded, lower-case path.
 * Every segment that begins with a dot is one of them (`.git`, `.env.local`, `.htaccess`, `..`), but for
 * `.well-known` (RFC 8615). `app.json` counts at the top only: elsewhere it is a common name.
 */
export const NEVER_SERVED = [
  '(^|[/\\\\])\\.(?!well-known([/\\\\]|$))',
  '(^|[/\\\\])(procfile|dockerfile|containerfile|bastide\\.ya?ml)([^a-z0-9_-]|$)',
  '^[/\\\\]+app\\.json([^a-z0-9_-]|$)',
] as const;
