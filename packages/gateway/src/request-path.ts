/** Paths of platform hosts that the gateway never lets in, whatever app owns the prefix. Compared after decoding. */
const PRIVATE = /^\/(metrics|readyz|internal)(\/|$)/i;

export type PathReading =
  | { kind: "plain"; path: string }
  /** Upstreams normalise `/a/../internal`, so a path with dot segments could reach another route than the one we chose. */
  | { kind: "dots" }
  | { kind: "private" };

/** A path without any byte that an upstream may decode or normalise. */
export function readPlainPath(path: string): PathReading {
  return PRIVATE.test(path) ? { kind: "private" } : { kind: "plain", path };
}

/** Reads the path of a request target for routing; what is sent upstream stays byte for byte the client's. */
export function readPath(target: string): PathReading {
  const raw = target.slice(0, pathEnd(target));
  if (!/[%\\]|\/\/|\/\./.test(raw)) return readPlainPath(raw);
  // Decoded as far as any upstream might: `\` is `/` to WHATWG URL parsers, `%2f` to some frameworks. Each escape by itself:
  // one that is no UTF-8 must not hide its neighbours from us that a lenient upstream decodes.
  const decoded = decodeAscii(raw).replaceAll("\\", "/");
  if (decoded.split("/").some((segment) => segment === "." || segment === "..")) return { kind: "dots" };
  if (PRIVATE.test(decoded.replace(/\/{2,}/g, "/"))) return { kind: "private" };
  // `%2f` stays inside its segment (`/@scope%2fname` is one), `%61` is the same letter as `a` (RFC 3986 section 6.2.2.2).
  return { kind: "plain", path: decode(raw) };
}

/** Only escapes of ASCII, which is all that separators, dots and the names of private paths are made of. */
function decodeAscii(value: string): string {
  return value.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Decodes each valid run of escapes; a broken one stays as it is. */
function decode(value: string): string {
  return value.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURI(run);
    } catch {
      return run;
    }
  });
}

function pathEnd(target: string): number {
  const query = target.indexOf("?");
  return query === -1 ? target.length : query;
}
