/**
 * Value of `Content-Security-Policy` for a page rendered with the same nonce. Only scripts with the nonce run, and what they import;
 * there is no `unsafe-inline`, so a page must not use `style` attributes (scripts may set styles, islands can).
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
