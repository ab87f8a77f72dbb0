import type { GatewayStatus } from "@homeport/kit/registry/gateway-status.ts";
import { tableLog } from "./log.ts";
import type { RegistryWriter } from "./ports.ts";
import { Wake } from "./wake.ts";

const INTERVAL_MS = 5_000;

/** Tells operators every few seconds how this gateway is. Nobody else depends on it. */
export class StatusWriter {
  constructor(
    private readonly writer: RegistryWriter,
    /** `sinceMs`: since the last one. */
    private readonly describe: (sinceMs: number) => GatewayStatus,
  ) {}

  /** Runs until the signal; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const pause = new Wake();
    let before = performance.now();
    while (!signal.aborted) {
      const now = performance.now();
      try {
        await this.writer.writeStatus(this.describe(now - before));
      } catch (err) {
        tableLog.debug({ err }, "cannot tell the status"); // the watcher reports that Valkey is away
      }
      before = now;
      await pause.wait(INTERVAL_MS, signal);
    }
  }
}
