import { createServer } from "node:net";
import { DomainError } from "@homeport/kit/errors.ts";

/** Below the range from which Linux takes ports of outgoing connections, so that none of those is in the way. */
const FIRST = 20_000;
const COUNT = 10_000;
const TRIES = 200;

/** A port that nothing listens on, on any address, and that is not in `taken`. Stays free unless somebody is quick. */
export const findFreePort = async (taken: ReadonlySet<number>): Promise<number> => {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (!taken.has(port) && (await canListen(port))) return port;
  }
  throw new DomainError("unavailable", "This machine has no free port for another service.");
};

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "0.0.0.0", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
