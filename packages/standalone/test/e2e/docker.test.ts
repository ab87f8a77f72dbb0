import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { sharedDocker } from "@homeport/kit/test/docker.ts";
import { deploySuite } from "./suite.ts";

deploySuite("docker", async () => {
  const docker = await sharedDocker();
  await ensureBaseImages(docker);
  return { DOCKER_HOST: docker.host };
});
