import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { ReplicaFailure } from "../../failure.ts";
import { networkOf } from "../../network.ts";
import { findFreePort } from "./free-port.ts";
import type { About, ImageStore } from "./image-store.ts";
import { MARK } from "./launch.ts";
import type { EnginePaths } from "./paths.ts";
import { environmentOf, prepareReplica, writeLaunchSpec } from "./prepare.ts";
import type { ReplicaRecord } from "./record.ts";
import { insidePaths, type Sandbox } from "./sandbox.ts";
import { chooseOwner } from "./volume-owner.ts";
import type { ProcessVolumes } from "./volumes.ts";

type Parts = {
  nodeId: string;
  paths: EnginePaths;
  sandbox: Sandbox;
  images: ImageStore;
  records: Map<string, ReplicaRecord>;
  volumes: ProcessVolumes;
  /** Content of the hosts file of a project. */
  hosts(networkId: string): string;
};

/** Makes what a replica needs on disk before it can be started. */
export const createReplicaMaker = ({ nodeId, paths, sandbox, images, records, volumes, hosts }: Parts) => {
  let allocating: Promise<unknown> = Promise.resolve();

  /** One after the other, so that no two replicas get the same port or user. From then on the record holds them. */
  const allocate = (replica: DesiredReplica): Promise<ReplicaRecord> => {
    const next = allocating.then(async () => {
      const others = [...records.values()];
      const known = await volumes.records();
      const record: ReplicaRecord = {
        nodeId,
        replica,
        uid: sandbox.mode === "root" ? chooseOwner(replica, others, known) : null,
        port: await findFreePort(new Set(others.map(({ port }) => port))),
        restarts: 0,
        bootId: "",
        dropped: { stdout: 0, stderr: 0 },
        state: { kind: "created" },
      };
      records.set(replica.id, record);
      return record;
    });
    allocating = next.catch(() => undefined);
    return next;
  };

  /** @throws {ReplicaFailure} when it was not pulled, or was tidied away since. */
  const getImage = async (replica: DesiredReplica): Promise<About & { app: string }> => {
    const digest = "digest" in replica.image ? replica.image.digest : null;
    const about = digest === null ? null : await images.find(digest);
    if (digest !== null && about !== null) return { ...about, app: paths.image(digest).app };
    const reason = { code: "image_not_found", message: "The image has not been pulled." };
    throw new ReplicaFailure(reason, { retryable: true });
  };

  return {
    async make(replica: DesiredReplica): Promise<ReplicaRecord> {
      const { app } = await getImage(replica);
      const record = await allocate(replica);
      try {
        await prepareReplica(paths, app, hosts(networkOf(replica)), record);
        return record;
      } catch (err) {
        records.delete(replica.id);
        throw err;
      }
    },

    /** What the launcher shall become: command and environment as they are wanted now. */
    async writeLaunchSpec({ replica, uid, port }: ReplicaRecord): Promise<void> {
      const { command, env: imageEnv, workingDir } = await getImage(replica);
      const argv = replica.command ?? command;
      if (argv.length === 0) {
        const message = "There is no start command: neither the image nor the service names one.";
        throw new ReplicaFailure({ code: "no_command", message }, { retryable: false });
      }
      const dirs = paths.replica(replica.id);
      const inside = insidePaths(sandbox.mode, dirs);
      const env = environmentOf(replica, imageEnv, { ...inside, path: sandbox.toolchains.path, port });
      if (sandbox.mode === "plain") env[MARK] = replica.id;
      await writeLaunchSpec(dirs.launchSpec, uid, { cwd: inside.app + workingDir.slice("/app".length), argv, env });
    },
  };
};
