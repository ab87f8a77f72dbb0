import type Docker from "dockerode";
import { log } from "../../log.ts";
import { inTime } from "./engine-call.ts";
import { statusOf } from "./explain.ts";

/** How long layers of a build are kept for the next one. */
const KEPT_MS = 3 * 24 * 60 * 60_000;
const EVERY_MS = 60 * 60_000;
const BUILDKIT_UNUSED = "168h";

/**
 * The layers that builds leave on the engine, so that the next build need not make them again. Each result of a stage is
 * given a name of ours: an image without one is somebody else's, and never touched. BuildKit's cache has no names, and its
 * API no filter for an owner, so of it goes what nobody used for a week, whoever made it (references/deploying.md).
 */
export type BuildCache = {
  /** Names a stage's result. It is ours until it is too old. */
  keep(imageId: string): Promise<void>;
  /** Removes what is too old; does nothing when it did so within the hour, unless `now`. */
  sweep(now?: boolean): Promise<void>;
};

export const openBuildCache = (docker: Docker, runnerId: string): BuildCache => {
  const repository = `homeport-build-cache/${runnerId.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
  let sweptAt = 0;
  return {
    async keep(imageId) {
      const tag = imageId.replace(/^sha256:/, "").slice(0, 32);
      await inTime(docker.getImage(imageId).tag({ repo: repository, tag }));
    },
    async sweep(now = false) {
      if (!now && Date.now() - sweptAt < EVERY_MS) return;
      sweptAt = Date.now();
      const images = await inTime(docker.listImages({ filters: { reference: [repository] } }));
      const old = images.filter(({ Created }) => Created * 1000 < Date.now() - KEPT_MS);
      for (const { RepoTags } of old) {
        for (const tag of RepoTags ?? []) if (tag.startsWith(`${repository}:`)) await removeTag(docker, tag);
      }
      await inTime(pruneBuildKit(docker));
    },
  };
};

/** dockerode's own pruneBuilder drops the filter, and would take the whole cache. */
const pruneBuildKit = (docker: Docker): Promise<void> =>
  new Promise((resolve, reject) => {
    const filters = { until: [BUILDKIT_UNUSED] };
    const call = {
      path: "/build/prune?",
      method: "POST",
      options: { filters },
      statusCodes: { 200: true, 500: "server error" },
    };
    docker.modem.dial(call, (err: unknown) => (err === null ? resolve() : reject(err)));
  });

/** Takes a name off an image, and the image with the layers under it if that was the last one. Safe to repeat. */
export const removeTag = async (docker: Docker, tag: string): Promise<void> => {
  try {
    await inTime(docker.getImage(tag).remove({}));
  } catch (err) {
    if (statusOf(err) !== 404) log.warn({ err }, "an image could not be taken off the engine");
  }
};
