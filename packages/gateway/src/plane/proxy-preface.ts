import type { ClientConnection } from "./client-connection.ts";
import type { PlaneContext } from "./plane-context.ts";
import { readPreface } from "./proxy-protocol.ts";
import type { WireSocket } from "./wire-socket.ts";

export type PrefaceOwner = { closed(preface: ProxyPreface, address: null): void };

/** A connection of a trusted proxy until it has said, in the PROXY protocol, whose it is. */
export class ProxyPreface {
  readonly deadline: number;
  readonly recheckAt = Number.POSITIVE_INFINITY;
  private held: Buffer | null = null;

  constructor(
    private readonly socket: WireSocket,
    context: PlaneContext,
    private readonly owner: PrefaceOwner,
    private readonly peer: string,
    /** Makes the connection that takes the place of this; null when the client may have no more. */
    private readonly start: (address: string) => ClientConnection | null,
  ) {
    this.deadline = context.now() + context.timeouts.headMs;
  }

  /** Not a byte came. */
  get isIdle(): boolean {
    return this.held === null;
  }

  received(chunk: Buffer): void {
    const bytes = this.held === null ? chunk : Buffer.concat([this.held, chunk]);
    const preface = readPreface(bytes);
    if (preface.kind === "incomplete") this.held = bytes;
    else if (preface.kind === "invalid") this.cut();
    else {
      const connection = this.start(preface.address ?? this.peer);
      if (preface.length < bytes.length) connection?.received(bytes.subarray(preface.length));
    }
  }

  /** Nothing is written before the connection takes the place of this. */
  drained(): void {}

  closed(): void {
    this.owner.closed(this, null);
  }

  expire(): void {
    this.cut();
  }

  recheck(): void {}

  end(): void {
    this.socket.end();
  }

  interrupt(): void {
    this.cut();
  }

  cut(): void {
    this.socket.terminate();
    this.closed();
  }
}
