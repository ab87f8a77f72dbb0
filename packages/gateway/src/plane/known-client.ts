import type { RequestHead } from "../http1/request-head.ts";
import type { HostMeaning } from "../proxy.ts";
import { type ClientFacts, forwardedLines, readForwarded } from "./forwarded.ts";
import type { PlaneContext } from "./plane-context.ts";

export type Peer = { readonly address: string; readonly isTls: boolean; readonly isTrustedProxy: boolean };

/**
 * Who is at the other end of a client's connection, and which host they ask for. Remembered from request to request, since
 * one connection mostly asks for one host: the next request finds the same objects and makes no text.
 */
export class KnownClient {
  /** What is known before a host was named. */
  readonly own: ClientFacts;
  private hostText = "";
  private meaning: HostMeaning | null = null;
  private tableVersion = -1;
  private facts: ClientFacts | null = null;
  private lines: Buffer | null = null;
  private linesFor: ClientFacts | null = null;

  constructor(
    private readonly context: PlaneContext,
    private readonly peer: Peer,
  ) {
    this.own = { address: peer.address, scheme: peer.isTls ? "https" : "http", authority: "" };
  }

  /** What the Host header stands for; null when it is no host. */
  meaningOf(head: RequestHead): HostMeaning | null {
    const { rules } = this.context;
    if (this.tableVersion === rules.tableVersion && isText(head.bytes, head.host, head.hostEnd, this.hostText)) {
      return this.meaning;
    }
    this.hostText = head.bytes.toString("latin1", head.host, head.hostEnd);
    this.meaning = rules.meaningOf(this.hostText);
    this.tableVersion = rules.tableVersion;
    this.facts = null;
    return this.meaning;
  }

  factsFor(head: RequestHead, { authority }: HostMeaning): ClientFacts {
    this.facts ??= { ...this.own, authority };
    return this.peer.isTrustedProxy ? readForwarded(head, this.facts, this.context.isTrustedProxy) : this.facts;
  }

  forwardedLines(facts: ClientFacts): Buffer {
    if (this.lines === null || this.linesFor !== facts) {
      this.lines = forwardedLines(facts);
      this.linesFor = facts;
    }
    return this.lines;
  }
}

function isText(bytes: Buffer, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
