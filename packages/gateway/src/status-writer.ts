import type { GatewayStatus } from "@homeport/kit/registry/gateway-status.ts";
import { tableLog } from "./log.ts";
import type { RegistryWriter } from "./ports.ts";
import { Wake } from "./wake.ts";

const INTERVAL_MS = 5_000;
/** Well below the record's lifetime. */
const MAX_SILENCE_MS = 10_000;

/** Tells operators every few seconds how this gateway is, less often while nothing happens. Nobody else depends on it. */
export class StatusWriter {
  constructor(
    private readonly writer: RegistryWriter,
    /** `sinceMs`: since the last one. */
    private readonly describe: (sinceMs: number) => GatewayStatus,
    /** Another value means that there is something to tell. */
    private readonly mark: () => unknown,
  ) {}

  /** Runs until the signal; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const pause = new Wake();
    let before = performance.now();
    let told: unknown;
    while (!signal.aborted) {
      const now = performance.now();
      if (this.mark() !== told || now - before >= MAX_SILENCE_MS - INTERVAL_MS / 2) {
        told = this.mark();
        await this.write(now - before);
        before = now;
      }
      await pause.wait(INTERVAL_MS, signal);
    }
  }

  private async write(sinceMs: number): Promise<void> {
    try {
      await this.writer.writeStatus(this.describe(sinceMs));
    } catch (err) {
      tableLog.debug({ err }, "cannot tell the status"); // the watcher reports that Valkey is away
    }
  }
}
