export type BasicCredentials = { name: string; password: string };

/** Base64 of a name of 64 characters and a password of 256, in up to 4 bytes each. */
const MAX_TOKEN_LENGTH = 1_712;
const MAX_PASSWORD_LENGTH = 256;
const BASIC = new RegExp(`^Basic +([A-Za-z0-9+/]{1,${MAX_TOKEN_LENGTH}}={0,2})$`, "i");
const CONTROL = /\p{Cc}/u;

/** The value of an Authorization header as name and password (RFC 7617 section 2, in UTF-8 as we ask for), or null. */
export function readBasic(authorization: string | null): BasicCredentials | null {
  const token = BASIC.exec(authorization ?? "")?.[1];
  if (token === undefined) return null;
  const text = Buffer.from(token, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon === -1 || CONTROL.test(text)) return null;
  const [name, password] = [text.slice(0, colon), text.slice(colon + 1)];
  return password.length <= MAX_PASSWORD_LENGTH ? { name, password } : null;
}
