import { createHmac } from "node:crypto";

/** What a token of one issuer looks like, and the key that only the platform has. */
export type Issuer = {
  key: Buffer;
  /** Of a token that holds, but for its times. */
  claims: Readonly<Record<string, unknown>>;
  /** Keys that an attacker may have, or another part of the platform has, by what they are. */
  otherKeys: Readonly<Record<string, Uint8Array>>;
};

/** Unusable, though it looks like one of ours. */
export type Forged = { name: string; token: string };

const HOUR = 3600;
const SHA: Readonly<Record<string, string>> = { HS256: "sha256", HS384: "sha384", HS512: "sha512" };

const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

const mac = (key: Uint8Array, text: string, hash = "sha256"): string =>
  createHmac(hash, key).update(text).digest("base64url");

export const now = (): number => Math.floor(Date.now() / 1000);

/** `payload` may be text, for what no object can say, such as a claim twice. */
export const jwt = (key: Uint8Array, header: Record<string, unknown>, payload: unknown): string => {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${mac(key, text, SHA[String(header.alg)] ?? "sha256")}`;
};

/** One that holds. */
export const validJwt = ({ key, claims }: Issuer): string =>
  jwt(key, { alg: "HS256" }, { ...claims, iat: now(), exp: now() + HOUR });

/** Every way to forge a token that we know of (RFC 8725, and what became of those that did not follow it). */
export const forgedJwts = (issuer: Issuer): Forged[] => {
  const { key, claims, otherKeys } = issuer;
  const good = { ...claims, iat: now(), exp: now() + HOUR };
  const valid = validJwt(issuer);
  const [header = "", payload = "", signature = ""] = valid.split(".");
  const signed = (more: Record<string, unknown>) => jwt(key, { alg: "HS256" }, { ...good, ...more });
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([each]) => each !== name));
  const mine = Buffer.from("a key of the attacker's own, long enough to be one");
  const json = JSON.stringify(good);
  const tokens: [name: string, token: string][] = [
    ...["none", "None", "nOnE", "NONE", "none "].flatMap((alg): [string, string][] => [
      [`alg ${alg}, no signature`, `${encode({ alg })}.${payload}.`],
      [`alg ${alg}, signed with our key`, jwt(key, { alg }, good)],
    ]),
    ...Object.entries(otherKeys).map(([name, other]): [string, string] => [
      `signed with ${name}`,
      jwt(other, { alg: "HS256" }, good),
    ]),
    ["signed with nothing", jwt(new Uint8Array(), { alg: "HS256" }, good)],
    ["signed with zeros", jwt(new Uint8Array(32), { alg: "HS256" }, good)],
    ...["HS384", "HS512", "RS256", "PS256", "EdDSA", "hs256", ""].map((alg): [string, string] => [
      `alg "${alg}" with our key`,
      jwt(key, { alg }, good),
    ]),
    ["no alg at all", jwt(key, {}, good)],
    ["alg that is a list", jwt(key, { alg: ["HS256"] }, good)],
    ["a signature of zeros", `${encode({ alg: "ES256" })}.${payload}.${Buffer.alloc(64).toString("base64url")}`],
    ["kid that names a file", jwt(new Uint8Array(), { alg: "HS256", kid: "../../../../dev/null" }, good)],
    ["kid that is SQL", jwt(mine, { alg: "HS256", kid: "x' union select 'a key of the attacker' --" }, good)],
    ["jku of the attacker's", jwt(mine, { alg: "HS256", jku: "http://127.0.0.1:1/keys" }, good)],
    ["x5u of the attacker's", jwt(mine, { alg: "HS256", x5u: "http://127.0.0.1:1/cert" }, good)],
    ["the key in its header", jwt(mine, { alg: "HS256", jwk: { kty: "oct", k: mine.toString("base64url") } }, good)],
    ["crit that nobody knows", jwt(key, { alg: "HS256", crit: ["unknown"], unknown: 1 }, good)],
    ["crit that is empty", jwt(key, { alg: "HS256", crit: [] }, good)],
    ["unencoded payload", jwt(key, { alg: "HS256", crit: ["b64"], b64: false }, good)],
    ["no signature", `${header}.${payload}.`],
    ["two parts", `${header}.${payload}`],
    ["four parts", `${valid}.${signature}`],
    ["five parts, as of an encrypted one", `${encode({ alg: "dir", enc: "A256GCM" })}.e30.e30.e30.e30`],
    ["one part", header],
    ["only dots", ".."],
    ["half of the signature", valid.slice(0, -20)],
    [
      "a letter of the payload changed",
      `${header}.${payload.replace(/.$/, (x) => (x === "A" ? "B" : "A"))}.${signature}`,
    ],
    ["expired a second ago", signed({ exp: now() - 1 })],
    ["expired at the beginning of time", signed({ exp: 0 })],
    ["exp that is text", signed({ exp: String(now() + HOUR) })],
    ["not before tomorrow", signed({ nbf: now() + 24 * HOUR })],
    ["another issuer", signed({ iss: "somebody" })],
    ["an issuer that begins like ours", signed({ iss: `${String(claims.iss)}.example` })],
    ["a list of issuers", signed({ iss: [claims.iss] })],
    ["no issuer", jwt(key, { alg: "HS256" }, without("iss"))],
    ["another audience", signed({ aud: "somebody" })],
    ["a list of other audiences", signed({ aud: ["somebody", "else"] })],
    ["no audience", jwt(key, { alg: "HS256" }, without("aud"))],
    ["exp twice, the latter over", jwt(key, { alg: "HS256" }, `${json.slice(0, -1)},"exp":1}`)],
    ["iss twice, the latter another", jwt(key, { alg: "HS256" }, `${json.slice(0, -1)},"iss":"somebody"}`)],
    ["a payload that is a list", jwt(key, { alg: "HS256" }, [good])],
    ["a payload that is null", jwt(key, { alg: "HS256" }, "null")],
    ["a payload that is no JSON", jwt(key, { alg: "HS256" }, "{")],
    ["a megabyte", signed({ padding: "x".repeat(2 ** 20) })],
    ["one byte over what a header's token may have", signed({ padding: "x".repeat(9000) })],
    ["signs of other alphabets", `${header}.${payload}.${signature.slice(0, -2)}+/`],
  ];
  for (let length = 1; length < valid.length; length += 17) tokens.push([`cut at ${length}`, valid.slice(0, length)]);
  return tokens.map(([name, token]) => ({ name, token }));
};
