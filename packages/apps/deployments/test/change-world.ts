import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { ownEnv } from "./own-env.ts";
import type { World } from "./world.ts";

const IMAGE = { kind: "image", reference: "nginx:1.27" };

/** What tests of staged changes do again and again. */
export const changeWorld = (world: World) => {
  let count = 0;
  return {
    IMAGE,
    /** A project with these services, made from images. */
    async newProject(...services: string[]) {
      count += 1;
      const at = `/projects/draft${count}`;
      await world.post("/projects", { slug: `draft${count}` });
      const workloads: Record<string, string> = {};
      for (const slug of services) {
        const made = await world.post(`${at}/services`, { slug, source: IMAGE });
        if (made.status !== 201) throw new Error(`no service: ${JSON.stringify(made.body)}`);
        workloads[slug] = made.body.workloadId;
      }
      return { at, slug: `draft${count}`, workloads };
    },
    stage: (at: string, changes: object[], headers?: Record<string, string>) =>
      world.post(`${at}/changes`, { changes }, headers),
    apply: (at: string, body: object = {}, headers?: Record<string, string>) =>
      world.post(`${at}/changes/apply`, body, headers),
    setIn: (service: string, name: string, value: string, environment = "production") => ({
      op: "variable.set",
      scope: { kind: "workload", service, environment },
      name,
      value,
    }),
    /** Deploys what a service is made from, and lets it go live. */
    async goLive(path: string, workloadId: string, deploymentId?: string) {
      const id = deploymentId ?? (await world.deploy(path)).id;
      await world.untilState(path, id, "rolling_out");
      const { release } = (await world.get(`${path}/deployments/${id}`)).body;
      await waitFor(() => world.workloads.get(workloadId)?.release.number === release, { timeoutMs: 15_000 });
      await waitFor(() => world.workloads.get(workloadId)?.rollout.state === "running", { timeoutMs: 15_000 });
      world.endRollout(workloadId, "succeeded");
      await world.emit("clusters", "clusters.rollout.succeeded", workloadId);
      return world.untilState(path, id, "live");
    },
    /** The variables that a workload was last given, but for those of the platform. */
    given: (workloadId: string) => ownEnv(world.workloads.get(workloadId)?.release.env),
  };
};
