import type { BuildPlan, Step, Toolwork } from "../detect/plan.ts";

type Preset = Exclude<BuildPlan, { preset: "dockerfile" }>;

/** The file server of static sites, as a build context has it. */
export const STATIC_SERVER = ".homeport-static-server.ts";

/** No service has to be root in its container; the images of bun and node have this user. */
const USER = "1000:1000";

/** The Dockerfile that a preset amounts to. It is written to the build log, so that anybody can take it over. */
export const dockerfileOf = (plan: Preset): string => {
  const lines = plan.preset === "static" ? siteLines(plan) : serviceLines(plan);
  return `${lines.join("\n")}\n`;
};

const serviceLines = (plan: Exclude<Preset, { preset: "static" }>): string[] => [
  ...folderLines(plan.work.baseImage),
  ...workLines(plan.work),
  "ENV NODE_ENV=production",
  `CMD ${JSON.stringify(plan.start)}`,
];

const siteLines = (plan: Extract<Preset, { preset: "static" }>): string[] => {
  const from = `/app/${plan.site}`.replace(/\/$/, "");
  const { work } = plan;
  const build = work === null ? [] : [...folderLines(`${work.baseImage} AS build`), ...workLines(work), ""];
  return [
    ...build,
    ...folderLines(plan.baseImage),
    `COPY ${STATIC_SERVER} ./server.ts`,
    work === null ? `COPY ${plan.site === "" ? "." : plan.site} ./site` : `COPY --from=build ${from} ./site`,
    `CMD ${JSON.stringify(plan.start)}`,
  ];
};

const folderLines = (from: string): string[] => [
  `FROM ${from}`,
  "WORKDIR /app",
  `RUN ["chown", "${USER}", "/app"]`,
  `USER ${USER}`,
  "ENV HOME=/tmp",
];

/** Dependencies in a layer of their own, unless installing them needs the source. */
const workLines = ({ install, installFrom, build }: Toolwork): string[] => {
  const first = install !== null && installFrom !== null ? [`COPY --chown=${USER} ${JSON.stringify([...installFrom, "./"])}`, run(install)] : [];
  return [
    ...first,
    `COPY --chown=${USER} . .`,
    ...(install !== null && installFrom === null ? [run(install)] : []),
    ...(build === null ? [] : [run(build)]),
  ];
};

const run = ({ argv }: Step): string => `RUN ${JSON.stringify(argv)}`;
