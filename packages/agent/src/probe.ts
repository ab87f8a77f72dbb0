import { connect } from "node:net";
import type { Address, Health, Reason } from "@homeport/clusters/contract.ts";
import type { Listener } from "./ports.ts";

/** One try may take this long; a service that needs longer to answer its health path is not healthy. */
const TRY_TIMEOUT_MS = 5_000;

/**
 * Away from Linux an address is a published port, where Docker's own proxy accepts every connection and closes it at once
 * when nobody listens behind it. There a connection only counts when it outlives this time.
 */
const PROXY_ANSWERS_FIRST = process.platform !== "linux";
const PROXY_CLOSES_WITHIN_MS = 200;

/** Common servers refuse headers beyond 8 to 16 KiB. */
const MAX_HEAD_CHARS = 16 * 1024;
const MAX_LOCATION_CHARS = 200;

export type ProbeResult =
  | { kind: "ready" }
  /** No TCP connection came about. */
  | { kind: "closed" }
  /** Connected, but no HTTP answer in time. */
  | { kind: "silent" }
  /** Connected, but what came was not HTTP, or the connection broke. */
  | { kind: "broken" }
  /** `location` is where a redirect leads. */
  | { kind: "status"; status: number; location?: string };

/** Tries once, from outside the container, exactly as the gateway will connect. Never rejects. */
export const probe = (address: Address, health: Health, signal: AbortSignal): Promise<ProbeResult> => {
  if (health.kind === "none") return Promise.resolve({ kind: "ready" });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TRY_TIMEOUT_MS)]);
  return tryOnce(address, health.kind === "http" ? health.path : null, limit);
};

/**
 * One connection, one request, the first bytes of the answer. A raw socket and not fetch: fetch would obey HTTP_PROXY,
 * reuse a connection to a process that has ended, and not tell "nobody listens" from "listens and does not answer".
 */
const tryOnce = (address: Address, path: string | null, signal: AbortSignal): Promise<ProbeResult> =>
  new Promise((resolve) => {
    const socket = connect({ host: address.host, port: address.port });
    let connected = false;
    let head = "";
    const settle = (result: ProbeResult) => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      resolve(result);
    };
    const onAbort = () => settle(readAnswer(head, true) ?? { kind: connected ? "silent" : "closed" });
    const onEnd = () => settle(readAnswer(head, true) ?? { kind: connected && path !== null ? "broken" : "closed" });
    socket.on("error", onEnd);
    socket.on("close", onEnd);
    socket.once("connect", () => {
      connected = true;
      if (path !== null) socket.write(requestText(address, path));
      else if (PROXY_ANSWERS_FIRST) setTimeout(() => settle({ kind: "ready" }), PROXY_CLOSES_WITHIN_MS);
      else settle({ kind: "ready" });
    });
    socket.on("data", (chunk) => {
      head += chunk.toString("latin1");
      const result = readAnswer(head, head.length > MAX_HEAD_CHARS);
      if (result !== null) settle(result);
    });
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });

const requestText = (address: Address, path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: ${address.host}:${address.port}`,
    "User-Agent: homeport-probe",
    "Accept: */*",
    "Connection: close",
    "\r\n",
  ].join("\r\n");

/** Null while there is more to come: the status line, and for a redirect all headers. RFC 9112 sections 2.1 and 4. */
const readAnswer = (text: string, isAll: boolean): ProbeResult | null => {
  const status = Number(/^HTTP\/1\.[01] (\d{3})[ \r]/.exec(text)?.[1] ?? 0);
  if (status >= 200 && status < 300) return { kind: "ready" };
  if (status >= 300 && status < 400) {
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return isAll ? { kind: "status", status } : null;
    const location = /\r\nlocation:[ \t]*([!-~]+)/i.exec(text.slice(0, end))?.[1]?.slice(0, MAX_LOCATION_CHARS);
    return { kind: "status", status, ...(location === undefined ? {} : { location }) };
  }
  if (status >= 100) return { kind: "status", status };
  return text.length > 16 ? { kind: "broken" } : null;
};

/**
 * Why the service is not ready, in words for people. `deadlineSeconds` is given when a start deadline has passed; `port`
 * is the one the service was told in PORT, which a published or allocated address may hide. `listeners` is what it
 * listens on instead, as far as that could be seen.
 */
export const explainProbe = (
  result: Exclude<ProbeResult, { kind: "ready" }>,
  tried: { address: Address; port: number; health: Health },
  deadlineSeconds: number | null,
  lastLines: string[],
  listeners: Listener[] = [],
): Reason => {
  const within = deadlineSeconds === null ? "" : ` within ${deadlineSeconds} seconds`;
  const lines = lastLines.length > 0 ? { lastLines } : {};
  const target = `${tried.address.host}:${tried.address.port}`;
  const what = tried.health.kind === "http" ? `GET ${tried.health.path}` : "The connection";
  switch (result.kind) {
    case "closed":
      return {
        code: "not_listening",
        message: `Nothing listens on port ${tried.port}: no connection to ${target} was accepted${within}.${elsewhere(listeners, tried.port)} The service must listen on the port in its PORT variable (${tried.port}) on all addresses (0.0.0.0), not only on localhost.`,
        ...lines,
      };
    case "silent":
      return {
        code: "unhealthy",
        message: `The service accepts connections on port ${tried.port}, but ${what} got no answer in ${TRY_TIMEOUT_MS / 1000} seconds${within === "" ? "" : `, up to the limit of ${deadlineSeconds} seconds`}.`,
        ...lines,
      };
    case "broken":
      return {
        code: "unhealthy",
        message: `The service accepts connections on port ${tried.port}, but ${what} did not get an HTTP answer${within}.`,
        ...lines,
      };
    case "status": {
      const redirect = result.location === undefined ? "" : ` (a redirect to ${result.location})`;
      const better = within === "" ? "" : ` and nothing better${within}`;
      return {
        code: "unhealthy",
        message: `${what} on port ${tried.port} answered ${result.status}${redirect}${better}; healthy is 200 to 299.`,
        ...lines,
      };
    }
  }
};

/** More of them say nothing more. */
const MAX_LISTENERS = 5;

const elsewhere = (listeners: Listener[], port: number): string => {
  if (listeners.length === 0) return "";
  if (listeners.some((one) => one.port === port)) {
    const hosts = listeners.filter((one) => one.port === port).map(({ host }) => host);
    return ` It listens on ${hosts.join(" and ")} only, where nobody else reaches it.`;
  }
  const ports = [...new Set(listeners.map((one) => one.port))].sort((a, b) => a - b).slice(0, MAX_LISTENERS);
  return ` It listens on ${ports.join(", ")}, not on PORT ${port}.`;
};
