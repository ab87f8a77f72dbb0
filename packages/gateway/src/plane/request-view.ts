import type { PolicyRequest } from "../policies/policy-request.ts";
import type { Exchange } from "./exchange.ts";

/** A request as policies see it. Readable while its exchange runs. */
export class RequestView implements PolicyRequest {
  readonly hostName: string;
  readonly authority: string;
  readonly scheme: "http" | "https";
  readonly clientAddress: string;
  readonly isWebSocket: boolean;

  constructor(
    private readonly exchange: Exchange,
    hostName: string,
  ) {
    const { facts, isWebSocket } = exchange;
    this.hostName = hostName;
    this.authority = facts.authority;
    this.scheme = facts.scheme;
    this.clientAddress = facts.address;
    this.isWebSocket = isWebSocket;
  }

  get requestId(): string {
    return this.exchange.requestId();
  }

  get method(): string {
    return this.exchange.method();
  }

  get target(): string {
    const { bytes, target, targetEnd } = this.exchange.head();
    return bytes.toString("latin1", target, targetEnd);
  }

  header(name: string): string | null {
    return this.exchange.head().header(name);
  }
}
