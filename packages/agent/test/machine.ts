import type { ImageRef } from "@homeport/clusters/contract.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { TestRegistry } from "./oci-registry.ts";

/** A place to run an engine's tests on, and ways to look at it from outside of the engine. */
export type Machine = {
  options: EngineOptions;
  registry: TestRegistry;
  /** The test server, made for this engine. */
  image: ImageRef;
  /** Everything on the machine that belongs to a replica: containers, networks, processes, folders, control groups. */
  traces(replicaId: string, projectId: string): Promise<string[]>;
  /** Starts something the engine must never touch, though it looks like its own. */
  startForeign(): Promise<{ isAlive(): Promise<boolean>; stop(): Promise<void> }>;
  stop(): Promise<void>;
};
