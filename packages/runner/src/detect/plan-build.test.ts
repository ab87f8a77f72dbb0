import { expect, test } from "bun:test";
import { BuildResult } from "@homeport/ci/contract.ts";
import { project } from "../../test/project.ts";
import type { BuildPlan } from "./plan.ts";
import { planBuild, STATIC_START, type Wishes } from "./plan-build.ts";
import type { Project } from "./project.ts";

/** The parts of a plan that people would argue about. */
const summary = (plan: BuildPlan) => {
  if (plan.preset === "dockerfile") return { preset: plan.preset };
  const { work, start } = plan;
  return {
    preset: plan.preset,
    install: work?.install?.shown ?? null,
    build: work?.build?.shown ?? null,
    start: start.at(-1)?.split("\n").at(-1) === start.at(-1) ? start.join(" ") : start.at(-1)?.split("\n").at(-1),
    ...(plan.preset === "static" ? { site: plan.site } : {}),
  };
};

const start = { start: "node server.js" };

type Row = { name: string; project: Project; wishes?: Wishes; plan: ReturnType<typeof summary>; says: RegExp };

const rows: Row[] = [
  {
    name: "a Dockerfile comes before everything else",
    project: project(["Dockerfile", "index.html", "bun.lock"], { scripts: start }),
    plan: { preset: "dockerfile" },
    says: /^Found a Dockerfile, so the image is built as it says\.$/,
  },
  {
    name: "a lockfile from Bun makes a Bun project",
    project: project(["bun.lock"], { scripts: { start: "bun index.ts" } }),
    plan: { preset: "bun", install: "bun install --frozen-lockfile", build: null, start: "bun --bun run start" },
    says: /^Found package\.json with a lockfile from Bun \(bun\.lock\), so this is a Bun project: it is built with `bun install --frozen-lockfile`, and it starts with the start script of package\.json \(bun index\.ts\)\.$/,
  },
  {
    name: "so does the older lockfile",
    project: project(["bun.lockb"], { module: "index.ts", scripts: { start: "bun ." } }),
    plan: { preset: "bun", install: "bun install --frozen-lockfile", build: null, start: "bun --bun run start" },
    says: /bun\.lockb/,
  },
  {
    name: "so does packageManager, against another lockfile",
    project: project(["package-lock.json"], { packageManager: "bun@1.4.5", scripts: start }),
    plan: { preset: "bun", install: "bun install", build: null, start: "bun --bun run start" },
    says: /"packageManager": "bun@1\.4\.5"/,
  },
  {
    name: "so does engines",
    project: project([], { engines: { bun: ">=1.2" }, scripts: start }),
    plan: { preset: "bun", install: "bun install", build: null, start: "bun --bun run start" },
    says: /"engines": \{ "bun": ">=1\.2" \}/,
  },
  {
    name: "npm's lockfile is installed exactly",
    project: project(["package-lock.json"], { scripts: start }),
    plan: { preset: "node", install: "npm ci", build: null, start: "exec node server.js" },
    says: /lockfile from npm \(package-lock\.json\), so this is a Node project/,
  },
  {
    name: "without a lockfile npm installs what it finds",
    project: project([], { scripts: start }),
    plan: { preset: "node", install: "npm install", build: null, start: "exec node server.js" },
    says: /package\.json without a lockfile/,
  },
  {
    name: "pnpm by its lockfile",
    project: project(["pnpm-lock.yaml"], { scripts: { ...start, build: "tsc" } }),
    plan: {
      preset: "node",
      install: "corepack pnpm install --frozen-lockfile",
      build: "corepack pnpm run build",
      start: "exec node server.js",
    },
    says: /lockfile from pnpm/,
  },
  {
    name: "Yarn 1 by its lockfile",
    project: project(["yarn.lock"], { scripts: start }),
    plan: {
      preset: "node",
      install: "corepack yarn install --frozen-lockfile",
      build: null,
      start: "exec node server.js",
    },
    says: /Yarn 1/,
  },
  {
    name: "later Yarn by its settings",
    project: project(["yarn.lock", ".yarnrc.yml"], { scripts: start }),
    plan: { preset: "node", install: "corepack yarn install --immutable", build: null, start: "exec node server.js" },
    says: /lockfile from Yarn \(/,
  },
  {
    name: "later Yarn by packageManager",
    project: project(["yarn.lock"], { packageManager: "yarn@4.5.0", scripts: start }),
    plan: { preset: "node", install: "corepack yarn install --immutable", build: null, start: "exec node server.js" },
    says: /yarn@4\.5\.0/,
  },
  {
    name: "a build script is run",
    project: project(["bun.lock"], { scripts: { ...start, build: "bun build x" } }),
    plan: {
      preset: "bun",
      install: "bun install --frozen-lockfile",
      build: "bun run build",
      start: "bun --bun run start",
    },
    says: /built with `bun install --frozen-lockfile` and `bun run build`/,
  },
  {
    name: "a build command comes before the build script",
    project: project([], { scripts: { ...start, build: "tsc" } }),
    wishes: { buildCommand: "make all" },
    plan: { preset: "node", install: "npm install", build: "make all", start: "exec node server.js" },
    says: /`make all`/,
  },
  {
    name: "a start command comes before everything",
    project: project(["Procfile"], { scripts: start }, "node web.js"),
    wishes: { startCommand: "node worker.js" },
    plan: { preset: "node", install: "npm install", build: null, start: "exec node worker.js" },
    says: /starts with the service's start command\.$/,
  },
  {
    name: "the Procfile comes before the start script",
    project: project(["Procfile"], { scripts: start }, "node web.js --port $PORT"),
    plan: { preset: "node", install: "npm install", build: null, start: "exec node web.js --port $PORT" },
    says: /web line of the Procfile/,
  },
  {
    name: "a program from npm with a start script",
    project: project([], {
      dependencies: { verdaccio: "6.10.4" },
      scripts: { start: "verdaccio --listen 0.0.0.0:$PORT" },
    }),
    plan: { preset: "node", install: "npm install", build: null, start: "exec verdaccio --listen 0.0.0.0:$PORT" },
    says: /start script of package\.json \(verdaccio --listen 0\.0\.0\.0:\$PORT\)/,
  },
  {
    name: "main, when the file is there",
    project: project(["lib/app.js"], { main: "./lib/app.js" }),
    plan: { preset: "node", install: "npm install", build: null, start: "node lib/app.js" },
    says: /"main" of package\.json/,
  },
  {
    name: "main, when a build may make it",
    project: project([], { main: "dist/app.js", scripts: { build: "tsc" } }),
    plan: { preset: "node", install: "npm install", build: "npm run build", start: "node dist/app.js" },
    says: /"main" of package\.json/,
  },
  {
    name: "module, for Bun",
    project: project(["bun.lock", "index.ts"], { module: "index.ts" }),
    plan: { preset: "bun", install: "bun install --frozen-lockfile", build: null, start: "bun index.ts" },
    says: /"module" of package\.json/,
  },
  {
    name: "a main that is not there is passed over for a usual file",
    project: project(["server.js"], { main: "index.js" }),
    plan: { preset: "node", install: "npm install", build: null, start: "node server.js" },
    says: /the file server\.js/,
  },
  {
    name: "the program of the only dependency",
    project: project([], { main: "index.js", dependencies: { "@scope/tool": "1" } }),
    plan: { preset: "node", install: "npm install", build: null, start: "exec tool" },
    says: /only dependency, @scope\/tool/,
  },
  {
    name: "an index.html makes a static site",
    project: project(["index.html"]),
    plan: { preset: "static", install: null, build: null, start: "bun server.ts", site: "" },
    says: /^Found an index\.html, so this is a static site: the folder itself is served as it is\.$/,
  },
  {
    name: "so does one in a folder that builds use",
    project: project(["dist/index.html"]),
    plan: { preset: "static", install: null, build: null, start: "bun server.ts", site: "dist" },
    says: /index\.html in dist.*the folder dist is served/,
  },
  {
    name: "a site builder without a server makes a static site",
    project: project(["index.html", "bun.lock"], {
      devDependencies: { vite: "7" },
      scripts: { build: "vite build", dev: "vite" },
    }),
    plan: {
      preset: "static",
      install: "bun install --frozen-lockfile",
      build: "bun run build",
      start: "bun server.ts",
      site: "dist",
    },
    says: /package\.json with vite and a build script, but nothing that starts a server.*the folder dist is served/,
  },
  {
    name: "a site builder with a server does not",
    project: project([], { devDependencies: { vite: "7" }, scripts: { build: "vite build", start: "node ssr.js" } }),
    plan: { preset: "node", install: "npm install", build: "npm run build", start: "exec node ssr.js" },
    says: /Node project/,
  },
  {
    name: "a preset that was asked for needs no proof",
    project: project(["index.html"], { scripts: { start: "node x" } }),
    wishes: { preset: "static" },
    plan: { preset: "static", install: null, build: null, start: "bun server.ts", site: "" },
    says: /^The service asks for the preset "static", so this is a static site/,
  },
  {
    name: "the runtime that was asked for installs and starts it, whatever the lockfile says",
    project: project(["package-lock.json", "server.js"], {}),
    wishes: { preset: "bun" },
    plan: { preset: "bun", install: "bun install", build: null, start: "bun server.js" },
    says: /asks for the preset "bun"/,
  },
  {
    name: "so does Node with a lockfile from Bun",
    project: project(["bun.lock"], { scripts: start }),
    wishes: { preset: "node" },
    plan: { preset: "node", install: "npm install", build: null, start: "exec node server.js" },
    says: /asks for the preset "node"/,
  },
  {
    name: "Bun without a package.json",
    project: project(["index.ts"]),
    wishes: { preset: "bun" },
    plan: { preset: "bun", install: null, build: null, start: "bun index.ts" },
    says: /nothing has to be built/,
  },
  {
    name: "a static site that a build command makes",
    project: project([]),
    wishes: { preset: "static", buildCommand: "make site" },
    plan: { preset: "static", install: null, build: "make site", start: "bun server.ts", site: "dist" },
    says: /`make site`, and the folder dist/,
  },
];

for (const { name, project: found, wishes, plan, says } of rows) {
  test(name, () => {
    const planned = planBuild(found, wishes ?? {});
    expect(summary(planned)).toEqual(plan);
    expect(planned.explanation).toMatch(says);
  });
}

test("what prestart says runs before the start script", () => {
  const plan = planBuild(project([], { scripts: { ...start, prestart: "node migrate.js" } }), {});
  expect(plan.preset === "dockerfile" ? "" : plan.start.at(-1)).toEndWith(
    "set -e\n( node migrate.js )\nexec node server.js",
  );
});

test("the server of static sites is started the same way everywhere", () => {
  const plan = planBuild(project(["index.html"]), {});
  expect(plan.preset === "dockerfile" ? [] : plan.start).toEqual(STATIC_START);
});

test("a plan of scripts as long as they may be fits what the platform takes", () => {
  const long = `node ${"x".repeat(3994)};`;
  const scripts = { start: long, prestart: long, build: "x" };
  const plan = planBuild(project(["package-lock.json"], { scripts }), { buildCommand: long });
  const result = BuildResult.pick({ explanation: true, startCommand: true, preset: true });
  const { explanation, preset } = plan;
  expect(
    result.safeParse({ explanation, preset, startCommand: "start" in plan ? plan.start : [] }).error,
  ).toBeUndefined();
  expect(explanation).toStartWith("Found package.json");
});
