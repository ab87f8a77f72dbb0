import type { Fact, When } from "../fact.ts";
import type { ServicePreset } from "../preset.ts";

const PACKAGE: Fact = { text: "Cargo.toml", matches: /^\[package\][^[]{0,20000}?^name[ \t]*=[ \t]*"([\w-]{1,60})"/m };
const PROGRAM: Fact = { text: "Cargo.toml", matches: /^\[\[bin\]\][^[]{0,20000}?^name[ \t]*=[ \t]*"([\w-]{1,60})"/m };

/** Only the programs get into the project's bin/; what compiling leaves behind stays out of it. */
const install = ["cargo", "install", "--path", ".", "--root", "."];

const needsOpenSsl: When = { any: [{ text: "Cargo.lock", matches: /^name = "openssl-sys"/m }] };

export const rust: ServicePreset = {
  kind: "service",
  name: "rust",
  title: "a Rust project",
  recognises: "a Cargo.toml (Rust)",
  proofs: [
    { priority: 120, all: [{ file: "Cargo.toml" }, { file: "src/main.rs" }], says: "Cargo.toml with src/main.rs" },
    { priority: 60, all: [{ file: "Cargo.toml" }], says: "Cargo.toml" },
  ],
  images: {
    // The same Debian in both: a program is linked to the C library that it was built with.
    build: "rust:{version}-bookworm",
    run: "debian:bookworm-slim",
    runSetup: [
      {
        ...needsOpenSsl,
        run: {
          line: "apt-get update && apt-get install -y --no-install-recommends libssl3 && rm -rf /var/lib/apt/lists/*",
        },
      },
    ],
    copies: ["/etc/ssl/certs/ca-certificates.crt"],
  },
  versions: {
    of: "Rust",
    lines: ["1"],
    usual: "1",
    parts: [1, 3],
    pins: [
      { from: { text: "rust-toolchain", matches: /^\s*(\d[\d.]*)\s*$/ }, as: "exactly", where: "rust-toolchain" },
      {
        from: { text: "rust-toolchain.toml", matches: /^channel[ \t]*=[ \t]*"(\d[\d.]{0,20})"/m },
        as: "exactly",
        where: "rust-toolchain.toml",
      },
      {
        from: { text: "Cargo.toml", matches: /^rust-version[ \t]*=[ \t]*"(\d[\d.]{0,20})"/m },
        as: "at-least",
        where: "rust-version of Cargo.toml",
      },
    ],
  },
  programs: ["cargo"],
  managers: [
    {
      name: "cargo",
      program: "cargo",
      proofs: [],
      lists: ["Cargo.toml"],
      lockfiles: ["Cargo.lock"],
      settings: [],
      // Cargo does not fetch for a project whose source is missing, so there is nothing to do before the source is there.
      frozen: null,
      loose: null,
      needsSource: true,
      build: [
        { all: [PACKAGE, { file: "Cargo.lock" }], run: [...install, "--locked"] },
        { all: [PACKAGE], run: install },
      ],
    },
  ],
  starts: [
    { all: [PACKAGE], any: [PROGRAM], run: ["./bin/{value}"], says: "the program {value}, which Cargo builds" },
    { all: [PACKAGE], run: ["./bin/{value}"], says: "the program {value}, which Cargo builds" },
  ],
  hint: "a workspace of Cargo also needs a build command, such as cargo install --path crates/server --root .",
  env: {},
  buildEnv: { CARGO_TARGET_DIR: "/tmp/target", CARGO_NET_GIT_FETCH_WITH_CLI: "true" },
  caches: { CARGO_HOME: "{cache}/cargo" },
  tools: ["bin"],
};
