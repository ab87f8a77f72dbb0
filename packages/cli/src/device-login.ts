import { hostname } from "node:os";
import { pause } from "@homeport/kit/lease/waker.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { type Client, clientError } from "@homeport/sdk";
import { note } from "./output.ts";
import { UnmetError } from "./usage-error.ts";

/** Nobody waits longer than this between two looks, however busy the platform is. */
const MAX_INTERVAL_SECONDS = 60;

/**
 * Signs in through a browser, here or on another machine (RFC 8628): shows an address and a code, and waits until
 * somebody has approved it there.
 *
 * @throws {UnmetError} when it was denied, expired or given up; the reason has been printed
 */
export const signInByDevice = async (client: Client, signal: AbortSignal): Promise<Secret> => {
  const started = await client.auth.device.start({ clientName: hostname().slice(0, 100) || "a command line" });
  const until = Date.now() + started.expiresIn * 1000;
  note(`Open ${started.verificationUri} in a browser and type this code:\n\n    ${started.userCode}\n`);
  note(`Or open ${started.verificationUriComplete} and compare the code.`);
  note(`Waiting for up to ${Math.ceil(started.expiresIn / 60)} minutes; Ctrl-C gives up.`);
  let interval = started.interval;
  while (Date.now() < until) {
    await pause(Math.min(interval, MAX_INTERVAL_SECONDS) * 1000, signal);
    if (signal.aborted) throw unmet("Given up. Nothing was saved.");
    const answer = await look(client, started.deviceCode);
    if (answer === null) interval = Math.max(1, interval) * 2;
    else if (answer.state === "approved") return new Secret(answer.token);
    else if (answer.state === "denied") throw unmet("It was denied in the browser. Nothing was saved.");
    else if (answer.state === "expired") break;
    else interval = answer.interval;
  }
  throw unmet("The code has expired. To get a new one: homeport login");
};

type Answer = Awaited<ReturnType<Client["auth"]["device"]["token"]>>;

/** Null when the platform is busy or restarts: who waits for it looks again later, and less often (section 3.5). */
const look = async (client: Client, deviceCode: string): Promise<Answer | null> => {
  try {
    return await client.auth.device.token({ deviceCode });
  } catch (err) {
    const { code } = clientError(err);
    if (code === "unavailable" || code === "rate_limited") return null;
    throw err;
  }
};

const unmet = (reason: string): UnmetError => {
  note(reason);
  return new UnmetError(reason);
};
