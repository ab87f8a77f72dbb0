import { expect, test } from "bun:test";
import { replicaOf } from "../../../test/replica.ts";
import { containerName, containerRequest, networkName } from "./containers.ts";
import { splitName } from "./images.ts";

const replica = replicaOf(
  { reference: "nginx:1.27" },
  { env: { PORT: "1", A: "b=c" }, command: ["run", "--flag"], aliases: [] },
);
const context = {
  nodeId: "node",
  imageName: "nginx:1.27",
  addressing: "container" as const,
  files: [],
  prove: () => "proof",
};

test("PORT is ours, whatever the tenant says, and values may hold =", () => {
  expect(containerRequest(replica, context).Env).toEqual([`REPLICA=${replica.id}`, "PORT=3000", "A=b=c"]);
});

test("the command replaces the image's, its entrypoint stays", () => {
  const request = containerRequest(replica, context);
  expect(request.Cmd).toEqual(["run", "--flag"]);
  expect(request).not.toHaveProperty("Entrypoint");
});

test("a service without names of its own goes by its slug", () => {
  const aliasesOf = (aliases: string[]) =>
    containerRequest({ ...replica, aliases }, context).NetworkingConfig?.EndpointsConfig?.[
      networkName(replica.projectId)
    ]?.Aliases;
  expect(aliasesOf([])).toEqual(["api"]);
  expect(aliasesOf(["db", "database"])).toEqual(["db", "database"]);
});

test("nothing is published where the container's own address can be reached, elsewhere only on this machine", () => {
  expect(containerRequest(replica, context).HostConfig).not.toHaveProperty("PortBindings");
  const published = containerRequest(replica, { ...context, addressing: "published" }).HostConfig;
  expect(published?.PortBindings).toEqual({ "3000/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] });
});

test("names hold what is random of an id, since ids of one moment begin alike", () => {
  const other = { ...replica, id: `${replica.id.slice(0, -12)}000000000000` };
  expect(containerName(other)).not.toBe(containerName(replica));
});

test.each([
  ["nginx", "nginx", "latest"],
  ["nginx:1.27", "nginx", "1.27"],
  ["127.0.0.1:3000/home/api", "127.0.0.1:3000/home/api", "latest"],
  ["127.0.0.1:3000/home/api:2", "127.0.0.1:3000/home/api", "2"],
  ["127.0.0.1:3000/home/api@sha256:abc", "127.0.0.1:3000/home/api", "sha256:abc"],
])("%s is pulled as %s, %s", (name, fromImage, tag) => {
  expect(splitName(name)).toEqual({ fromImage, tag });
});
