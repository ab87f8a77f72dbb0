import type { BuildPlan, Step, Toolwork } from "../detect/plan.ts";
import { runStep } from "./secret-step.ts";

type Preset = Exclude<BuildPlan, { kind: "dockerfile" }>;

/** The file server of static sites, as a build context has it. */
export const STATIC_SERVER = ".homeport-static-server.ts";

/** No service has to be root in its container; the images of bun and node have this user. */
const USER = "1000:1000";

/**
 * The Dockerfile that a preset amounts to: the one of the build log, the one that is built, and the one that `eject`
 * writes. A first stage installs and builds; what it downloads on the way does not end up in the image. `args` are
 * settings of package managers, which the builder is given and no image keeps; `secrets` are the names of those that the
 * steps of the build need.
 *
 * Dependencies have a layer of their own where that is possible. There are no cache mounts: only BuildKit has them, and
 * only the classic builder limits the memory of a step as a whole.
 */
export const dockerfileOf = (plan: Preset, args: readonly string[], secrets: readonly string[] = []): string => {
  const lines = plan.kind === "site" ? siteLines(plan, args, secrets) : serviceLines(plan, args, secrets);
  return `${lines.join("\n")}\n`;
};

const serviceLines = (
  { work, image, start }: Extract<Preset, { kind: "service" }>,
  args: readonly string[],
  secrets: readonly string[],
): string[] => [
  ...buildStage(work, args, secrets),
  "",
  `FROM ${image.baseImage}`,
  ...image.setup.map(run),
  ...image.copies.map((path) => `COPY --from=build ${JSON.stringify([path, path])}`),
  `COPY --from=build --chown=${USER} /app /app`,
  ...finalLines(start, image.env),
];

const siteLines = (
  plan: Extract<Preset, { kind: "site" }>,
  args: readonly string[],
  secrets: readonly string[],
): string[] => {
  const { work, site } = plan;
  const build = work === null ? [] : [...buildStage(work, args, secrets), ""];
  const source = JSON.stringify([work === null ? site || "." : `/app/${site}`.replace(/\/$/, ""), "/app/site/"]);
  return [
    ...build,
    `FROM ${plan.baseImage}`,
    `COPY ${STATIC_SERVER} /app/server.ts`,
    `COPY ${work === null ? "" : "--from=build "}${source}`,
    ...finalLines(plan.start, {}),
  ];
};

const buildStage = (work: Toolwork, args: readonly string[], secrets: readonly string[]): string[] => [
  `FROM ${work.baseImage} AS build`,
  ...(work.setup.length === 0 ? [] : args.map((name) => `ARG ${name}`)),
  ...work.setup.map(run),
  "WORKDIR /app",
  ...(work.setup.length === 0 ? args.map((name) => `ARG ${name}`) : []),
  `ENV ${envLine({ CI: "1", ...work.env })}`,
  ...workLines(work, (step) => runStep(step, secrets)),
];

/** Dependencies in a layer of their own, unless installing them needs the source. */
const workLines = (
  { prepare, install, installFrom, build, finish }: Toolwork,
  runWork: (step: Step) => string,
): string[] => {
  const installing = install === null ? [] : [...prepare, install].map(runWork);
  const first = installFrom === null ? [] : [`COPY ${JSON.stringify([...installFrom, "./"])}`, ...installing];
  return [
    ...first,
    "COPY . .",
    ...(installFrom === null ? installing : []),
    ...(build === null ? [] : [runWork(build)]),
    ...finish.map(runWork),
  ];
};

const run = (step: Step): string => runStep(step, []);

/** Values are ours: words without blanks, quotes or dollars. */
const envLine = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");

/** HOME is where anybody may write: the user has none in images that do not know it. */
const finalLines = (start: readonly string[], env: Readonly<Record<string, string>>): string[] => [
  "WORKDIR /app",
  `USER ${USER}`,
  `ENV ${envLine({ HOME: "/tmp", ...env })}`,
  `CMD ${JSON.stringify(start)}`,
];
