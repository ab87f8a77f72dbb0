import { DomainError } from "../errors.ts";
import { Renewal, type SocketError, type SocketRoute } from "./socket.ts";

export type Read =
  | { kind: "text"; message: unknown; id: string | undefined }
  | { kind: "binary"; data: Uint8Array }
  | { kind: "renewal"; token: string }
  | { kind: "bad"; error: DomainError; id: string | undefined };

/** More issues than this help nobody. */
const MAX_ISSUES = 10;

/** Messages are small objects made for many readers: each is checked and written once. */
const written = new WeakMap<object, string>();

/** Reads and writes the messages of a route; nothing else of them reaches the app, or leaves it. */
export const createMessageReader = (route: SocketRoute) => ({
  read(text: string): Read {
    const json = parseJson(text);
    if (json === undefined) return bad("This is not JSON.");
    const id = idOf(json);
    const renewal = Renewal.safeParse(json);
    if (renewal.success) return { kind: "renewal", token: renewal.data.token };
    const parsed = route.incoming.safeParse(json);
    if (parsed.success) return { kind: "text", message: parsed.data, id };
    const issues = parsed.error.issues
      .slice(0, MAX_ISSUES)
      .map(({ path, message }) => ({ path: path.join("."), message: message.slice(0, 200) }));
    return bad("This message is none that is taken here.", id, issues);
  },

  readBinary: (data: Uint8Array): Read =>
    route.binary === true ? { kind: "binary", data } : bad("Only text is taken here."),

  /** @throws {ZodError} for what the route's schema does not allow */
  encode(message: object): string {
    const known = written.get(message);
    if (known !== undefined) return known;
    const text = JSON.stringify(route.outgoing.parse(message));
    written.set(message, text);
    return text;
  },

  error: ({ code, message, issues }: DomainError, id?: string): string =>
    JSON.stringify({
      type: "error",
      code,
      message,
      ...(id === undefined ? {} : { id }),
      ...(issues.length === 0 ? {} : { errors: issues }),
    } satisfies SocketError),
});

const bad = (message: string, id?: string, issues?: { path: string; message: string }[]): Read => ({
  kind: "bad",
  error: new DomainError("invalid", message, issues === undefined ? {} : { issues }),
  id,
});

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What an answer to a message names it by. */
const idOf = (json: unknown): string | undefined => {
  const id = typeof json === "object" && json !== null && "id" in json ? json.id : undefined;
  return typeof id === "string" && id.length <= 64 ? id : undefined;
};
