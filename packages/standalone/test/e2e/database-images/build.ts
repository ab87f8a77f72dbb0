import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TEMPLATES } from "@homeport/deployments/templates/catalogue.ts";
import { findPostgres } from "@homeport/kit/local/postgres-binaries.ts";
import { ensureImage } from "@homeport/kit/test/base-images/build.ts";
import type { Docker } from "@homeport/kit/test/docker.ts";
import { run } from "../platform.ts";

type Name = "postgres" | "valkey";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const BUILD_MS = 120_000;

/** What the makers' images say of how they are started, stopped and kept. */
const DOCKERFILES: Readonly<Record<Name, string>> = {
  // A Postgres that gets SIGTERM waits for its clients to leave.
  postgres: 'VOLUME /var/lib/postgresql\nENTRYPOINT ["docker-entrypoint.sh"]\nSTOPSIGNAL SIGINT\nCMD ["postgres"]\n',
  valkey: 'VOLUME /data\nWORKDIR /data\nENTRYPOINT ["docker-entrypoint.sh"]\nCMD ["valkey-server"]\n',
};

/**
 * Makes images under the names that the templates use, from this machine's own servers, whatever their versions: what is
 * tested is how they are started, kept and reached.
 */
export const ensureDatabaseImages = async (docker: Docker): Promise<void> => {
  const { dir, postgres, initdb } = findPostgres();
  const folder = "/usr/local/pgsql";
  await ensureDatabaseImage(docker, "postgres", {
    programs: { [`${folder}/bin/postgres`]: postgres, [`${folder}/bin/initdb`]: initdb },
    folders: { [`${folder}/lib`]: join(dir, "lib"), [`${folder}/share`]: join(dir, "share") },
  });
  const server = programPath("valkey-server", "redis-server");
  await ensureDatabaseImage(docker, "valkey", { programs: { "/usr/local/bin/valkey-server": server }, folders: {} });
};

type Content = Record<"programs" | "folders", Record<string, string>>;

const ensureDatabaseImage = async (docker: Docker, name: Name, { programs, folders }: Content): Promise<void> => {
  const base = `homeport-test-${name}:1`;
  await ensureImage(docker.socketPath, {
    tags: [base],
    programs: {
      ...programs,
      "/bin/busybox": programPath("busybox"),
      "/usr/bin/setpriv": programPath("setpriv"),
      "/usr/local/bin/docker-entrypoint.sh": join(import.meta.dir, `${name}-entrypoint.sh`),
    },
    folders,
    links: {},
    env: { PATH },
    command: ["sh"],
    workingDir: "/",
  });
  const { image, versions } = TEMPLATES[name];
  const env = { PATH: process.env.PATH ?? "", HOME: tmpdir(), DOCKER_HOST: docker.host, DOCKER_BUILDKIT: "0" };
  const stdin = `FROM ${base}\n${DOCKERFILES[name]}`;
  const argv = ["docker", "build", "--tag", `${image}:${versions[0]}`, "-"];
  const built = await run(argv, { env, stdin, timeoutMs: BUILD_MS });
  if (built.code !== 0) throw new Error(`The image of ${name} was not built:\n${built.stdout}${built.stderr}`);
};

const programPath = (...names: string[]): string => {
  const found = names.map((name) => Bun.which(name)).find((path) => path !== null);
  if (found === undefined || found === null) throw new Error(`Tests of databases need ${names.join(" or ")}.`);
  return realpathSync(found);
};
