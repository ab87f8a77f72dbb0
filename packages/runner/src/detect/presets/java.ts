import type { Command, Manager, ServicePreset } from "../preset.ts";

/** The program among what a build leaves: not its sources, nor what it was before it was packed. Then it has one name. */
const takeJar = (folder: string): Command => ({
  line: `for jar in ${folder}/*.jar; do case "$jar" in *-sources.jar | *-javadoc.jar | *-tests.jar | *-plain.jar | */original-*.jar) ;; *) test -f "$jar" && cp "$jar" app.jar && exit 0 ;; esac; done; echo "There is no jar in ${folder}." >&2; exit 1`,
  shown: `copying the jar in ${folder} to app.jar`,
});

const QUARKUS = { text: "pom.xml", matches: /<artifactId>(quarkus-maven-plugin)<\/artifactId>/ };

const mavenWith = (...program: string[]): Pick<Manager, "build" | "frozen" | "loose" | "needsSource"> => ({
  // A dry run of Maven's plugins is slower than the build it would save.
  frozen: null,
  loose: null,
  needsSource: true,
  build: [
    { any: [QUARKUS], run: [...program, "--batch-mode", "-DskipTests", "package"] },
    { run: [...program, "--batch-mode", "-DskipTests", "package"], followedBy: [takeJar("target")] },
  ],
});

const gradleWith = (...program: string[]): Pick<Manager, "build" | "frozen" | "loose" | "needsSource"> => ({
  frozen: null,
  loose: null,
  needsSource: true,
  build: [{ run: [...program, "--no-daemon", "--console=plain", "assemble"], followedBy: [takeJar("build/libs")] }],
});

const GRADLE_FILES = ["build.gradle", "build.gradle.kts"].map((file) => ({ file }));

/** Wrappers are run by the shell that they are written for: archives often lose the right to execute them. */
const managers: [Manager, ...Manager[]] = [
  {
    name: "maven-wrapper",
    program: null,
    proofs: [
      { priority: 119, all: [{ file: "mvnw" }], any: [{ file: "pom.xml" }], says: "pom.xml with Maven's wrapper" },
    ],
    lists: [],
    lockfiles: [],
    settings: [],
    ...mavenWith("/bin/sh", "mvnw"),
  },
  {
    name: "maven",
    program: "mvn",
    proofs: [{ priority: 118, any: [{ file: "pom.xml" }], says: "pom.xml" }],
    lists: [],
    lockfiles: [],
    settings: [],
    buildImage: "maven:3-eclipse-temurin-{version}",
    ...mavenWith("mvn"),
  },
  {
    name: "gradle-wrapper",
    program: null,
    proofs: [{ priority: 117, all: [{ file: "gradlew" }], any: GRADLE_FILES, says: "{value} with Gradle's wrapper" }],
    lists: [],
    lockfiles: [],
    settings: [],
    ...gradleWith("/bin/sh", "gradlew"),
  },
  {
    name: "gradle",
    program: "gradle",
    proofs: [{ priority: 116, any: GRADLE_FILES, says: "{value}" }],
    lists: [],
    lockfiles: [],
    settings: [],
    buildImage: "gradle:8-jdk{version}",
    ...gradleWith("gradle"),
  },
];

export const java: ServicePreset = {
  kind: "service",
  name: "java",
  title: "a Java project",
  recognises: "a pom.xml or build.gradle (Java)",
  proofs: [],
  images: { build: "eclipse-temurin:{version}-jdk", run: "eclipse-temurin:{version}-jre" },
  versions: {
    of: "Java",
    lines: ["25", "21", "17", "11", "8"],
    usual: "21",
    parts: [1, 1],
    pins: [
      {
        from: { text: "system.properties", matches: /^java\.runtime\.version[ \t]*=[ \t]*(?:1\.)?(\d{1,2})/m },
        as: "exactly",
        where: "system.properties",
      },
      {
        from: { text: ".java-version", matches: /^\s*(?:\D*-)?(?:1\.)?(\d{1,2})/ },
        as: "exactly",
        where: ".java-version",
      },
      {
        from: {
          text: "pom.xml",
          matches: /<(?:java\.version|maven\.compiler\.(?:release|source)|release)>\s*(?:1\.)?(\d{1,2})\s*</,
        },
        as: "exactly",
        where: "pom.xml",
      },
      ...["build.gradle", "build.gradle.kts"].map((text) => ({
        from: {
          text,
          matches:
            /(?:JavaLanguageVersion\.of\(|sourceCompatibility[ \t]*=[ \t]*(?:JavaVersion\.VERSION_)?['"]?(?:1[._])?)(\d{1,2})/,
        },
        as: "exactly" as const,
        where: text,
      })),
    ],
  },
  programs: ["java"],
  managers,
  starts: [
    {
      any: [QUARKUS],
      run: {
        line: "exec java -Dquarkus.http.host=0.0.0.0 -Dquarkus.http.port=$PORT -jar target/quarkus-app/quarkus-run.jar",
      },
      says: "the program that Quarkus packs",
    },
    {
      // Spring listens where this property says; others do not look at it
      run: { line: "exec java -Dserver.port=$PORT -jar app.jar" },
      says: "the jar that is built",
    },
  ],
  hint: "add a build that makes one jar",
  env: {},
  buildEnv: {},
  caches: { GRADLE_USER_HOME: "{cache}/gradle", MAVEN_OPTS: "-Dmaven.repo.local={cache}/maven" },
  tools: [],
};
