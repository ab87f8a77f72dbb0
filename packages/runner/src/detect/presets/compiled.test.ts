import { expect, test } from "bun:test";
import { failureOf, testPresets } from "../../../test/preset-table.ts";
import { project } from "../../../test/project.ts";

const go = (texts: Record<string, string>, files: string[] = []) => project(files, undefined, null, texts);
const goImages: [string, string] = ["golang:1.25-bookworm", "debian:bookworm-slim"];

testPresets([
  {
    name: "Go with its main package at the root",
    project: go({ "go.mod": "module shop\n\ngo 1.22.1\n" }, ["main.go", "go.sum"]),
    plan: {
      preset: "go",
      images: goImages,
      steps: ["go mod download", "go build -trimpath -o bin/app ."],
      installFrom: ["go.mod", "go.sum"],
      start: "./bin/app",
    },
    says: /^Found go\.mod with a main package, so this is a Go project/,
    notes: [/^go\.mod asks for Go 1\.22\.1, so images of 1\.25 are used\.$/],
  },
  {
    name: "Go with a server among its commands",
    project: go({ "go.mod": "module shop\ngo 1.99\n" }, ["cmd/migrate/main.go", "cmd/server/main.go"]),
    plan: {
      images: ["golang:1.99-bookworm", "debian:bookworm-slim"],
      steps: [expect.anything(), "go build -trimpath -o bin/app ./cmd/server"],
    },
    notes: [/images of 1\.99 are used/],
  },
  {
    name: "Go with another command",
    project: go({ "go.mod": "module shop" }, ["cmd/shop/main.go"]),
    plan: { steps: [expect.anything(), "go build -trimpath -o bin/app ./cmd/shop"] },
  },
  {
    name: "a command with a name that is none is passed over",
    project: go({ "go.mod": "module shop" }, ["cmd/$(reboot)/main.go", "cmd/-x/main.go", "cmd/b/main.go"]),
    plan: { steps: [expect.anything(), "go build -trimpath -o bin/app ./cmd/b"] },
  },
  {
    name: "Go with its modules beside it",
    project: go({ "go.mod": "module shop" }, ["main.go", "vendor/modules.txt"]),
    plan: { steps: ["go build -trimpath -o bin/app ."] },
  },
  {
    name: "Go with a module from a folder",
    project: go({ "go.mod": "module shop\nreplace x => ../x\n" }, ["main.go"]),
    plan: { installFrom: null },
  },
  {
    name: "Go comes before the package.json of its pages",
    project: project(["main.go"], { scripts: { build: "vite build" }, devDependencies: { vite: "7" } }, null, {
      "go.mod": "module x",
    }),
    plan: { preset: "go" },
    notes: [/^Not taken, because a Go project comes first/],
  },
  {
    name: "Rust by its package",
    project: project(["src/main.rs"], undefined, null, {
      "Cargo.toml": '[package]\nname = "shop-api"\nrust-version = "1.70"\n',
      "Cargo.lock": 'name = "serde"\n',
    }),
    plan: {
      preset: "rust",
      images: ["rust:1-bookworm", "debian:bookworm-slim"],
      steps: ["cargo install --path . --root . --locked"],
      start: "./bin/shop-api",
    },
    notes: [/rust-version of Cargo\.toml asks for Rust 1\.70, so images of 1 are used/],
  },
  {
    name: "Rust by the program that it names, with a pinned toolchain",
    project: project(["src/main.rs"], undefined, null, {
      "Cargo.toml": '[package]\nname = "shop"\n\n[[bin]]\nname = "server"\npath = "src/main.rs"\n',
      "rust-toolchain.toml": '[toolchain]\nchannel = "1.80.1"\n',
    }),
    plan: {
      images: ["rust:1.80.1-bookworm", "debian:bookworm-slim"],
      steps: ["cargo install --path . --root ."],
      start: "./bin/server",
    },
  },
  {
    name: "Java by Maven",
    project: project([], undefined, null, {
      "pom.xml": "<project><properties><java.version>17</java.version></properties></project>",
    }),
    plan: {
      preset: "java",
      images: ["maven:3-eclipse-temurin-17", "eclipse-temurin:17-jre"],
      steps: ["mvn --batch-mode -DskipTests package", "copying the jar in target to app.jar"],
      start: "exec java -Dserver.port=$PORT -jar app.jar",
    },
    notes: ["pom.xml asks for Java 17, so images of 17 are used."],
  },
  {
    name: "Java by Gradle's wrapper",
    project: project(["gradlew", "build.gradle.kts"]),
    plan: {
      images: ["eclipse-temurin:21-jdk", "eclipse-temurin:21-jre"],
      steps: ["/bin/sh gradlew --no-daemon --console=plain assemble", "copying the jar in build/libs to app.jar"],
    },
    says: /^Found build\.gradle\.kts with Gradle's wrapper, so this is a Java project/,
  },
  {
    name: "Java by Gradle without one, in the old spelling of a version",
    project: project([], undefined, null, { "build.gradle": "sourceCompatibility = '1.8'" }),
    plan: { images: ["gradle:8-jdk8", "eclipse-temurin:8-jre"] },
  },
  {
    name: "Quarkus by its plugin and Maven's wrapper",
    project: project(["mvnw"], undefined, null, { "pom.xml": "<artifactId>quarkus-maven-plugin</artifactId>" }),
    plan: {
      images: ["eclipse-temurin:21-jdk", "eclipse-temurin:21-jre"],
      steps: ["/bin/sh mvnw --batch-mode -DskipTests package"],
      start: expect.stringMatching(/quarkus\.http\.port=\$PORT -jar target\/quarkus-app\/quarkus-run\.jar$/),
    },
  },
  {
    name: "another build command makes its own jar",
    project: project(["gradlew", "build.gradle"]),
    wishes: { buildCommand: "./gradlew shadowJar && cp build/libs/x-all.jar app.jar" },
    plan: { steps: ["./gradlew shadowJar && cp build/libs/x-all.jar app.jar"] },
  },
]);

test("a workspace of Cargo is told what it needs", () => {
  const reason = failureOf(project([], undefined, null, { "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n' }));
  expect(reason.code).toBe("start_command_missing");
  expect(reason.message).toMatch(/workspace of Cargo also needs a build command, such as cargo install/);
});
