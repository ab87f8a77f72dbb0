import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { ownEnv } from "./own-env.ts";
import type { World } from "./world.ts";

/** What tests of secret groups do again and again. */
export const secretWorld = (world: World) => {
  const groupPath = (project: string, group: string) => `/projects/${project}/secret-groups/${group}`;

  /** Makes a second service in a project that is there. */
  const addService = async (project: string, slug: string) => {
    const source = { kind: "image", reference: "nginx:1.27" };
    const made = await world.post(`/projects/${project}/services`, { slug, source });
    if (made.status !== 201) throw new Error(`no service: ${JSON.stringify(made.body)}`);
    return { path: `/projects/${project}/services/${slug}`, workloadId: String(made.body.workloadId) };
  };

  /** Lets the rollout of a deployment succeed, and waits until it is live. */
  const goLive = async (path: string, workloadId: string, deploymentId: string) => {
    await world.untilState(path, deploymentId, "rolling_out");
    const { body } = await world.get(`${path}/deployments/${deploymentId}`);
    await waitFor(() => world.workloads.get(workloadId)?.release.number === body.release, { timeoutMs: 15_000 });
    await waitFor(() => world.workloads.get(workloadId)?.rollout.state === "running", { timeoutMs: 15_000 });
    world.endRollout(workloadId, "succeeded");
    await world.emit("clusters", "clusters.rollout.succeeded", workloadId);
    return world.untilState(path, deploymentId, "live");
  };

  return {
    groupPath,
    addService,
    goLive,
    /** A service made from an image, in a project of its own. */
    async newService() {
      const { path, project, body } = await world.newService({ source: { kind: "image", reference: "nginx:1.27" } });
      return { path, project, workloadId: String(body.workloadId) };
    },
    async newGroup(project: string, slug: string, values: Record<string, string> = {}) {
      const made = await world.post(`/projects/${project}/secret-groups`, { slug, values });
      if (made.status !== 201) throw new Error(`no group: ${JSON.stringify(made.body)}`);
      return groupPath(project, slug);
    },
    attach: (path: string, group: string, use: object = { as: "variables" }) =>
      world.put(`${path}/secret-groups/${group}`, { use }),
    async deployLive(path: string, workloadId: string) {
      const { id } = await world.deploy(path);
      return goLive(path, workloadId, id);
    },
    /** What the workload was last given to run. */
    given(workloadId: string) {
      const release = world.workloads.get(workloadId)?.release;
      const files = (release?.files ?? []).map(({ path, content }) => [
        path,
        Buffer.from(content, "base64").toString(),
      ]);
      return { env: ownEnv(release?.env), files: Object.fromEntries(files) as Record<string, string> };
    },
  };
};
