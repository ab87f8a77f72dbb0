import { contract } from "@homeport/clusters/contract.ts";
import type { AppContext } from "@homeport/kit/app.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { splitCommand } from "../argv.ts";
import { wholeReference } from "../image-reference.ts";
import type { RolloutState, Rollouts, WantedRelease } from "../ports.ts";
import { reasonOf } from "../reason.ts";
import { calling } from "./calling.ts";

/** Rollouts by the clusters app. */
export const clusterRollouts = (context: Pick<AppContext, "client" | "signal">): Rollouts => {
  const clusters = context.client(contract, "clusters");
  const call = calling(context.signal);
  return {
    async put(workloadId, generation, wanted) {
      const { service } = wanted;
      const { rollout } = await call((options) =>
        clusters.workloads.put(
          {
            workloadId,
            generation,
            release: toRelease(wanted),
            organisationId: service.organisationId,
            projectId: service.projectId,
            projectSlug: service.projectSlug,
            serviceSlug: service.slug,
          },
          options,
        ),
      );
      return toRolloutState(rollout, generation);
    },
    async abort(workloadId, generation) {
      try {
        const { rollout } = await call((options) => clusters.workloads.abort({ workloadId, generation }, options));
        // A lower one stands there: ours did not arrive, and will be refused when it does.
        return rollout.generation < generation ? { state: "aborted" } : toRolloutState(rollout, generation);
      } catch (err) {
        if (err instanceof DomainError && err.code === "not_found") return { state: "aborted" }; // nothing ever ran there
        throw err;
      }
    },
    async remove(workloadId) {
      await call((options) => clusters.workloads.remove({ workloadId }, options));
    },
    async buildOutput() {
      const { items } = await call((options) => clusters.nodes.list({ limit: 100 }, options));
      const [node] = items.filter((each) => each.state === "online");
      if (node === undefined) throw new DomainError("unavailable", "No node is online to run anything.");
      return node.engine === "process" ? "process" : "container";
    },
  };
};

const toRelease = ({ release, env, files, hosts }: WantedRelease) => {
  const { port, health, resources, stabilitySeconds, graceSeconds, startCommand } = release.settings;
  return {
    releaseId: release.id,
    number: release.number,
    image: "digest" in release.image ? release.image : { reference: wholeReference(release.image.reference) },
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.reveal()])),
    files: files.map(({ path, content }) => ({ path, content: Buffer.from(content.reveal()).toString("base64") })),
    port,
    health,
    resources,
    hosts,
    stabilitySeconds,
    graceSeconds,
    // A build has the start command in its image; for an image of others it is the person's to change.
    ...(startCommand !== undefined && release.source.kind === "image" ? { command: splitCommand(startCommand) } : {}),
  };
};

type Rollout = {
  generation: number;
  state: "running" | "switching" | "succeeded" | "failed" | "aborted";
  reason?: Extract<RolloutState, { state: "failed" }>["reason"] | undefined;
};

const toRolloutState = (rollout: Rollout, generation: number): RolloutState => {
  if (rollout.generation > generation) return { state: "aborted" }; // a newer one took its place
  if (rollout.generation < generation || rollout.state === "running" || rollout.state === "switching") {
    return { state: "underway" };
  }
  if (rollout.state !== "failed") return { state: rollout.state };
  const { code, message, ...details } = rollout.reason ?? { code: "unknown", message: "" };
  return { state: "failed", reason: reasonOf(code, message, details) };
};
