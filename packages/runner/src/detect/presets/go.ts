import type { ServicePreset } from "../preset.ts";

const compile = (folder: string) => ["go", "build", "-trimpath", "-o", "bin/app", folder];

/** Names of folders in cmd/ that speak for a server, before any other. */
const SERVERS = ["server", "api", "web", "app"];

const build = [
  { all: [{ file: "main.go" }], run: compile(".") },
  ...SERVERS.map((name) => ({ all: [{ file: `cmd/${name}/main.go` }], run: compile(`./cmd/${name}`) })),
  { all: [{ file: "cmd/*/main.go" }], run: compile("./cmd/{value}") },
  { run: compile(".") },
];

export const go: ServicePreset = {
  kind: "service",
  name: "go",
  title: "a Go project",
  recognises: "a go.mod (Go)",
  proofs: [
    {
      priority: 120,
      all: [{ file: "go.mod" }],
      any: [{ file: "main.go" }, { file: "cmd/*/main.go" }],
      says: "go.mod with a main package",
    },
    { priority: 60, all: [{ file: "go.mod" }], says: "go.mod" },
  ],
  images: {
    // The same Debian in both, so that what is linked to its C library (cgo) finds the one it was linked to.
    build: "golang:{version}-bookworm",
    run: "debian:bookworm-slim",
    copies: ["/etc/ssl/certs/ca-certificates.crt"],
  },
  versions: {
    of: "Go",
    lines: ["1.25", "1.24", "1.23"],
    usual: "1.25",
    parts: [2, 3],
    pins: [
      { from: { text: ".go-version", matches: /^\s*(?:go)?(\d[\d.]*)\s*$/ }, as: "exactly", where: ".go-version" },
      { from: { text: "go.mod", matches: /^go[ \t]+(\d[\d.]{0,20})/m }, as: "at-least", where: "go.mod" },
    ],
  },
  programs: ["go"],
  managers: [
    {
      name: "go-vendor",
      program: "go",
      proofs: [
        {
          priority: 61,
          all: [{ file: "go.mod" }, { file: "vendor/modules.txt" }],
          says: "go.mod with its modules in vendor",
        },
      ],
      lists: [],
      lockfiles: [],
      settings: [],
      frozen: null,
      loose: null,
      needsSource: [],
      build,
    },
    {
      name: "go",
      program: "go",
      proofs: [],
      lists: ["go.mod"],
      lockfiles: ["go.sum"],
      settings: [],
      frozen: ["go", "mod", "download"],
      loose: ["go", "mod", "download"],
      needsSource: [{ text: "go.mod", matches: /=>[ \t]*\.{1,2}\// }, { file: "go.work" }],
      build,
    },
  ],
  starts: [{ run: ["./bin/app"], says: "the program that Go builds" }],
  hint: "add a main package",
  env: {},
  buildEnv: {},
  caches: { GOMODCACHE: "{cache}/go-mod", GOCACHE: "{cache}/go-build" },
  tools: ["bin"],
};
