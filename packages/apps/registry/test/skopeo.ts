/** The secret in headers of a test's principal, as it is typed at a prompt. */
export const password = (headers: Record<string, string>): string => headers["authorization"]!.slice("Bearer ".length);
/** `credentials` are for whichever side is a registry; it may speak plain HTTP. */
export const skopeoCopy = (from: string, to: string, credentials: string, ...more: string[]): string[] => [
  "skopeo",
  "copy",
  "--quiet",
  ...(to.startsWith("docker:") ? ["--dest-tls-verify=false", "--dest-creds", credentials] : []),
  ...(from.startsWith("docker:") ? ["--src-tls-verify=false", "--src-creds", credentials] : []),
  ...more,
  from,
  to,
];
