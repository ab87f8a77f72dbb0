import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { sharedDocker } from "@homeport/kit/test/docker.ts";

/** A Docker engine with the base images that tests use, as the environment of bin/up names it. */
export const dockerEnvironment = async (): Promise<Record<string, string>> => {
  const docker = await sharedDocker();
  await ensureBaseImages(docker.socketPath, ["bun", "node", "busybox"]);
  return { DOCKER_HOST: docker.host };
};
