import { join } from "node:path";
import { adminSocket, workerSocketName } from "../../src/config.ts";
import type { GatewayGroup } from "../gateway-group.ts";
import { until } from "../until.ts";

/** For all workers to have a change, also one that is just starting. */
const SPREAD_MS = 15_000;

export type WorkerTable = { routes: { id: string; targets: { instance: string; state: string }[] }[] };

/** What each worker of a gateway serves: they read the registry apart from each other. */
export class WorkerTables {
  constructor(
    private readonly group: GatewayGroup,
    private readonly dataDir: string,
  ) {}

  /** Resolves when every worker that lives has this instance in this state. */
  untilListed(instance: string, state: "ready" | "draining"): Promise<number> {
    const isListed = ({ routes }: WorkerTable) =>
      routes.some(({ targets }) => targets.some((one) => one.instance === instance && one.state === state));
    const isEverywhere = async () => (await this.read()).every((table) => table !== null && isListed(table));
    return until(`every worker has the instance as ${state}`, isEverywhere, SPREAD_MS);
  }

  /** Null for one that cannot be asked, since it just starts or has just ended. */
  private async read(): Promise<(WorkerTable | null)[]> {
    const { workers } = await this.group.health();
    return Promise.all(
      workers.map(async ({ worker }) => {
        const socket = adminSocket(join(this.dataDir, "run"), workerSocketName(worker));
        const response = await fetch("http://gateway/table", { unix: socket }).catch(() => null);
        return response === null ? null : ((await response.json()) as WorkerTable);
      }),
    );
  }
}
