import type { Answer } from "../matrix/platform.ts";
import type { Canaries } from "./canary.ts";
import { type Ask, bodyOf, type RequestHeaders } from "./house.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Piece } from "./places.ts";

/** A platform that nobody has claimed, and where secrets go in. */
export type Field = {
  ask: Ask;
  canaries: Canaries;
  mailbox: Mailbox;
  /** What answers said that tell no secret; filled while planting. */
  heard: Piece[];
};

/** Asks, and keeps the answer among those that must have no secret in them. */
export const listen =
  ({ ask, heard }: Pick<Field, "ask" | "heard">): Ask =>
  async (method, path, sent) => {
    const answer = await ask(method, path, sent);
    heard.push(pieceOf(`answer of ${method} ${path.split("?")[0]}`, answer));
    return answer;
  };

/** An answer with its headers, of which a redirect's has an address. */
export const pieceOf = (place: string, { body, headers }: Answer): Piece => ({
  place,
  bytes: Buffer.from(`${[...headers].map(([name, value]) => `${name}: ${value}\n`).join("")}\n${body}`),
});

/** The answer of a request that has to succeed. @throws {Error} */
export const expectStatus = async (expected: number, asked: Promise<Answer>, what: string): Promise<Answer> => {
  const answer = await asked;
  if (answer.status !== expected) throw new Error(`${what}: ${answer.status} ${answer.body.slice(0, 400)}`);
  return answer;
};

/** Posts what tells a secret in its answer, under an idempotency key, so that the answer is kept; and asks for it again. */
export const postKept = async <T>(ask: Ask, path: string, headers: RequestHeaders, json: unknown): Promise<T> => {
  const sent = { headers: { ...headers, "idempotency-key": crypto.randomUUID() }, json };
  const first = await expectStatus(201, ask("POST", path, sent), path);
  const again = await expectStatus(201, ask("POST", path, sent), path);
  if (again.body !== first.body) throw new Error(`${path}: the answer was not kept`);
  return bodyOf<T>(first);
};
