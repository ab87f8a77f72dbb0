import type { BuildPlan, Step, Toolwork } from "../detect/plan.ts";

type Preset = Exclude<BuildPlan, { preset: "dockerfile" }>;

/** The file server of static sites, as a build context has it. */
export const STATIC_SERVER = ".homeport-static-server.ts";

/** No service has to be root in its container; the images of bun and node have this user. */
const USER = "1000:1000";

/**
 * The Dockerfile that a preset amounts to. It is written to the build log, so that anybody can take it over. A first
 * stage installs and builds; what it downloads on the way does not end up in the image. `args` are settings of package
 * managers, which the builder is given and no image keeps.
 */
export const dockerfileOf = (plan: Preset, args: readonly string[]): string => {
  const lines = plan.preset === "static" ? siteLines(plan, args) : serviceLines(plan, args);
  return `${lines.join("\n")}\n`;
};

const serviceLines = (plan: Exclude<Preset, { preset: "static" }>, args: readonly string[]): string[] => [
  ...buildStage(plan.work, args),
  "",
  `FROM ${plan.baseImage}`,
  `COPY --from=build --chown=${USER} /app /app`,
  ...finalLines(plan.start, ["NODE_ENV=production"]),
];

const siteLines = (plan: Extract<Preset, { preset: "static" }>, args: readonly string[]): string[] => {
  const { work, site } = plan;
  const build = work === null ? [] : [...buildStage(work, args), ""];
  const source = JSON.stringify([work === null ? site || "." : `/app/${site}`.replace(/\/$/, ""), "/app/site/"]);
  return [
    ...build,
    `FROM ${plan.baseImage}`,
    `COPY ${STATIC_SERVER} /app/server.ts`,
    `COPY ${work === null ? "" : "--from=build "}${source}`,
    ...finalLines(plan.start, []),
  ];
};

const buildStage = (work: Toolwork, args: readonly string[]): string[] => [
  `FROM ${work.baseImage} AS build`,
  "WORKDIR /app",
  ...args.map((name) => `ARG ${name}`),
  "ENV CI=1",
  ...workLines(work),
];

/** Dependencies in a layer of their own, unless installing them needs the source. */
const workLines = ({ install, installFrom, build }: Toolwork): string[] => {
  const first =
    install !== null && installFrom !== null ? [`COPY ${JSON.stringify([...installFrom, "./"])}`, run(install)] : [];
  return [
    ...first,
    "COPY . .",
    ...(install !== null && installFrom === null ? [run(install)] : []),
    ...(build === null ? [] : [run(build)]),
  ];
};

const run = ({ argv }: Step): string => `RUN ${JSON.stringify(argv)}`;

/** HOME is where anybody may write: the user has none in images that do not know it. */
const finalLines = (start: readonly string[], env: readonly string[]): string[] => [
  "WORKDIR /app",
  `USER ${USER}`,
  `ENV ${["HOME=/tmp", ...env].join(" ")}`,
  `CMD ${JSON.stringify(start)}`,
];
