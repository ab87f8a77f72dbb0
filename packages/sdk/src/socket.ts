import { type ClientOptions, errorFrom } from "@homeport/kit/client.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { z } from "zod";

const Ticket = z.object({ protocols: z.array(z.string()) });
const TIMEOUT_MS = 15_000;

/**
 * Opens a WebSocket of the platform, with a ticket, so that browsers can too. `path` begins with /api/v1/ and is without
 * the query. Listen for messages before anything is awaited.
 *
 * @throws {DomainError} why it is refused; unavailable
 */
export const openSocket = async (
  { url, token }: Pick<ClientOptions, "url" | "token">,
  path: string,
  query: Record<string, string>,
): Promise<WebSocket> => {
  const response = await fetch(`${url}${path}/tickets`, {
    method: "POST",
    headers: { authorization: `Bearer ${await token()}` },
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((err: unknown) => {
    throw new DomainError("unavailable", `${url} does not answer.`, { cause: err });
  });
  if (!response.ok) throw await errorFrom(response);
  const { protocols } = Ticket.parse(await response.json());
  const address = `${url.replace(/^http/, "ws")}${path}?${new URLSearchParams(query)}`;
  const socket = new WebSocket(address, protocols);
  socket.binaryType = "arraybuffer";
  const late = setTimeout(() => socket.close(), TIMEOUT_MS);
  const opened = Promise.withResolvers<void>();
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("close", () => {
    opened.reject(new DomainError("unavailable", "The connection was refused: there may be too many already."));
  });
  await opened.promise.finally(() => clearTimeout(late));
  return socket;
};
