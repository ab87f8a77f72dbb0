import { until } from "../until.ts";

/** Connections are opened so many at a time: a listener's queue has an end. */
const AT_ONCE = 200;

const NOTHING = Buffer.alloc(0);

/** One of many connections, as light as one can be: it keeps the last thing that came, and how it ended. */
export class CrowdMember {
  last: Buffer = NOTHING;
  receivedBytes = 0;
  /** `FIN` or the code of the error that ended it, null while it is open. */
  end: string | null = null;

  /** Null until it stands, and when it never does. */
  socket: Bun.Socket<CrowdMember> | null = null;

  send(bytes: Buffer): void {
    if (this.end === null) this.socket?.write(bytes);
  }
}

/** Thousands of connections of one client. */
export class Crowd {
  readonly members: CrowdMember[] = [];

  constructor(
    private readonly port: number,
    /** Where they come from: any address of loopback. */
    private readonly address = "127.0.0.1",
  ) {}

  /** Opens more of them, and resolves with these when they stand. */
  async join(count: number): Promise<CrowdMember[]> {
    const before = this.members.length;
    while (this.members.length < before + count) {
      const some = Math.min(AT_ONCE, before + count - this.members.length);
      this.members.push(...(await Promise.all(Array.from({ length: some }, () => this.open()))));
    }
    return this.members.slice(before);
  }

  get openCount(): number {
    return this.members.filter(({ end }) => end === null).length;
  }

  async ended(timeoutMs: number): Promise<void> {
    await until("all of them have ended", () => this.openCount === 0, timeoutMs);
  }

  leave(): void {
    for (const { socket } of this.members.splice(0)) socket?.terminate();
  }

  private async open(): Promise<CrowdMember> {
    const data = new CrowdMember();
    const where = { hostname: "127.0.0.1", port: this.port, localAddress: this.address }; // the last is missing in Bun's types
    try {
      data.socket = await Bun.connect<CrowdMember>({ ...where, data, socket: HANDLERS });
    } catch (err) {
      data.end ??= codeOf(err); // cut off as soon as it was accepted
    }
    return data;
  }
}

const HANDLERS: Bun.SocketHandler<CrowdMember> = {
  data({ data: member }, chunk) {
    member.receivedBytes += chunk.length;
    member.last = chunk;
  },
  end(socket) {
    socket.data.end ??= "FIN";
    socket.end();
  },
  close({ data: member }, err) {
    member.end ??= err === undefined || err === null ? "FIN" : codeOf(err);
  },
  error({ data: member }, err) {
    member.end ??= codeOf(err);
  },
};

const codeOf = (err: unknown): string => (err instanceof Error && "code" in err ? String(err.code) : String(err));
