import { tableLog } from "./log.ts";
import type { RegistryWriter } from "./ports.ts";
import { Wake } from "./wake.ts";

const FRESH_MS = 5_000;

/**
 * Tells the registry which workload revision this gateway serves, at once after a swap and every FRESH_MS: old replicas are
 * stopped only when every living gateway has the revision that no longer names them.
 */
export class Announcer {
  private readonly wake = new Wake();
  private revision: number | null = null;
  private appliedAt = new Date();

  constructor(
    private readonly writer: RegistryWriter,
    private readonly instance: string,
    /** Called whenever the registry does not take what is written, even if it still can be read. */
    private readonly refused: () => void,
  ) {}

  applied(revision: number | null): void {
    if (revision === this.revision) return;
    this.revision = revision;
    this.appliedAt = new Date();
    this.wake.call();
  }

  /** Runs until the signal, then takes the record away; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.write();
      await this.wake.wait(FRESH_MS, signal);
    }
    await this.writer.removeGateway(this.instance).catch(() => undefined); // its lifetime removes it
  }

  private async write(): Promise<void> {
    const appliedAt = this.appliedAt.toISOString();
    try {
      await this.writer.writeGateway({ schema: 1, instance: this.instance, revision: this.revision ?? 0, appliedAt });
    } catch (err) {
      this.refused();
      tableLog.debug({ err }, "cannot announce the applied revision"); // the watcher reports that Valkey is away
    }
  }
}
