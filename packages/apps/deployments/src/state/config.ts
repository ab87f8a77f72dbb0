import { createHmac } from "node:crypto";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { type UrlConfig, urlOf } from "../host.ts";
import type { ReleaseFile } from "../release.ts";
import type { SecretGroupId, TakenGroups } from "../secret-group.ts";
import { fileOf } from "../secret-use.ts";
import { type Settings, settingsIn } from "../settings.ts";
import { MAX_VALUE_BYTES, MAX_VARIABLES_BYTES } from "../variable.ts";
import type { Mount } from "../volume.ts";
import { type DataIds, mountsOf, settingsWithVolumes } from "./mounts.ts";
import { getEnvironment, getService, type ProjectState, type WorkloadState } from "./project-state.ts";
import { createResolver, type SecretItems, type Trouble } from "./resolve.ts";

/** What a release was made from, as its variables tell it. */
export type GitFacts = { commit?: string | undefined; branch?: string | undefined };

/** A reference that a deployment would fail for, with a sentence for people. */
export type Problem = Trouble & { service: string; environment: string; variable: string; message: string };

/** All that a release of a workload is made of, besides its image. */
export type Config = {
  settings: Settings;
  env: Record<string, string>;
  files: ReleaseFile[];
  /** The secret groups whose items it got, attached or referred to. */
  groups: TakenGroups;
  hostLabels: string[];
  volumes: Mount[];
  problems: Problem[];
};

export type ConfigInput = {
  state: ProjectState;
  secrets: SecretItems;
  /** The label of each workload's own. */
  labels: ReadonlyMap<WorkloadId, string>;
  urls: UrlConfig;
  dataIds: DataIds;
};

type GitOfOne = { workloadId: WorkloadId; facts: GitFacts } | null;

/** What every workload has without anybody's doing. */
const createBuiltIns = ({ state, labels, urls }: Omit<ConfigInput, "dataIds">, git: GitOfOne) => {
  const platform = (workload: WorkloadState): Record<string, string> => ({
    HOMEPORT_PROJECT: state.project.slug,
    HOMEPORT_ENVIRONMENT: getEnvironment(state, workload.environmentId).slug,
    HOMEPORT_SERVICE: getService(state, workload.serviceId).slug,
    HOMEPORT_PUBLIC_URL: urlOf({ hostLabel: labels.get(workload.id) ?? "" }, urls),
    ...(git?.workloadId === workload.id ? gitVariables(git.facts) : {}),
  });
  const builtIns = (workload: WorkloadState): Record<string, string> => {
    const { port } = settingsOf(state, workload);
    const host = getService(state, workload.serviceId).slug;
    const own = platform(workload);
    return {
      // Empty where nothing of git is known, so that a service made from an image may refer to them, too.
      HOMEPORT_GIT_COMMIT: "",
      HOMEPORT_GIT_BRANCH: "",
      ...own,
      HOST: host,
      PORT: String(port),
      INTERNAL_URL: `http://${host}:${port}`,
      URL: own.HOMEPORT_PUBLIC_URL ?? "",
    };
  };
  return { platform, builtIns };
};

/** The configurations of a project's workloads; what they share is worked out once. `git` is told to one of them. */
export const createConfigs = (input: ConfigInput, git: GitOfOne = null) => {
  const { state, secrets, labels, dataIds } = input;
  const { platform, builtIns } = createBuiltIns(input, git);
  const resolver = createResolver(state, secrets, builtIns);

  return (workloadId: WorkloadId): Config | null => {
    const workload = state.workloads.get(workloadId);
    if (workload === undefined) return null;
    const service = getService(state, workload.serviceId).slug;
    const environment = getEnvironment(state, workload.environmentId).slug;
    const env: Record<string, string> = platform(workload);
    const groups = new Set<SecretGroupId>();
    const files: ReleaseFile[] = [];
    for (const { workloadId: of, secretGroupId, use } of state.attachments.values()) {
      if (of !== workloadId) continue;
      groups.add(secretGroupId);
      if (use.as !== "files") continue;
      for (const [name, text] of secrets.get(secretGroupId)?.items ?? []) {
        files.push({ path: fileOf(use.directory, name), content: new Secret(text) });
      }
    }
    for (const [name, { text }] of resolver.secretsOf(workload)) env[name] = text;
    const problems: Problem[] = [];
    const own = [...resolver.ownOf(workload).values()].sort(byName);
    for (const variable of own) {
      const { text, troubles, secretGroups } = resolver.resolve(workload, variable);
      env[variable.name] = text;
      for (const group of secretGroups) groups.add(group);
      problems.push(
        ...troubles.map((trouble) => problemOf({ ...trouble, service, environment, variable: variable.name })),
      );
    }
    const bytes = Object.entries(env).reduce((sum, [name, text]) => sum + name.length + Buffer.byteLength(text), 0);
    if (problems.length === 0 && bytes > MAX_TOTAL_BYTES) problems.push(tooMuch(service, environment));
    const label = labels.get(workloadId);
    const volumes = mountsOf(state, workload, dataIds);
    return {
      settings: settingsWithVolumes(settingsOf(state, workload), volumes.length > 0),
      env,
      files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
      groups: Object.fromEntries(
        [...groups].sort().flatMap((id) => {
          const slug = state.secretGroups.get(id)?.slug;
          return slug === undefined ? [] : [[id, { slug, version: secrets.get(id)?.version ?? 1 }]];
        }),
      ),
      hostLabels: label === undefined ? [] : [label],
      volumes,
      problems: problems.slice(0, MAX_PROBLEMS),
    };
  };
};

/** The problems of a workload's references alone. Values that refer to nothing are not opened. */
export const createProblems = (input: Omit<ConfigInput, "dataIds">) => {
  const { state, secrets } = input;
  const resolver = createResolver(state, secrets, createBuiltIns(input, null).builtIns);
  return (workload: WorkloadState): Problem[] => {
    const service = getService(state, workload.serviceId).slug;
    const environment = getEnvironment(state, workload.environmentId).slug;
    return [...resolver.ownOf(workload).values()]
      .filter(({ refers }) => refers.length > 0)
      .sort(byName)
      .flatMap((variable) =>
        resolver
          .resolve(workload, variable)
          .troubles.map((trouble) => problemOf({ ...trouble, service, environment, variable: variable.name })),
      )
      .slice(0, MAX_PROBLEMS);
  };
};

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
const problemOf = (at: Omit<Problem, "message">): Problem => ({ ...at, message: sentenceOf(at) });

/** Of one workload. */
const MAX_PROBLEMS = 50;
/** Variables of all scopes with those of eight secret groups, whose own limits add up to no more. */
const MAX_TOTAL_BYTES = 2 * MAX_VARIABLES_BYTES;

const settingsOf = (state: ProjectState, workload: WorkloadState): Settings =>
  settingsIn(getService(state, workload.serviceId).settings, workload.overrides);

const gitVariables = ({ commit, branch }: GitFacts): Record<string, string> => ({
  ...(commit === undefined ? {} : { HOMEPORT_GIT_COMMIT: commit }),
  ...(branch === undefined ? {} : { HOMEPORT_GIT_BRANCH: branch }),
});

const sentenceOf = ({ service, environment, variable, reference, problem, path }: Omit<Problem, "message">): string => {
  const where = `${variable} of ${service} in ${environment}`;
  switch (problem) {
    case "missing":
      return path.length > 2
        ? `${where} refers to ${reference} by way of ${path.slice(1, -1).join(", ")}, and there is no such variable.`
        : `${where} refers to ${reference}, and there is no such variable.`;
    case "cycle":
      return `${where} refers to itself: ${path.join(" → ")}.`;
    case "too_large":
      return `${where} is longer than ${MAX_VALUE_BYTES / 1024} KiB with what it refers to.`;
  }
};

const tooMuch = (service: string, environment: string): Problem => ({
  service,
  environment,
  variable: "",
  reference: "",
  problem: "too_large",
  path: [],
  message: `The variables of ${service} in ${environment} hold more than ${MAX_TOTAL_BYTES / 1024} KiB together.`,
});

/**
 * A digest of all that makes one release differ from another besides the image and what it was built from. With a key,
 * because a short secret could be found by trying. What only says when to deploy is no part of it, and of secret groups
 * only what the service gets.
 */
export const digestOf = (key: Uint8Array, { settings, env, files, hostLabels, volumes }: Config): string => {
  const running: Partial<Settings> = { ...settings };
  for (const name of NOT_OF_A_RELEASE) delete running[name];
  if (running.kind === "service") delete running.kind; // releases of before there were others have no kind
  const content = {
    settings: running,
    env,
    files: files.map(({ path, content: secret }) => [path, secret.reveal()]),
    hostLabels,
    // Absent where there are none: releases of before there were volumes have the same digest. Their names are for people.
    volumes: volumes.length === 0 ? undefined : volumes.map(({ name: _name, ...mount }) => mount),
  };
  return createHmac("sha256", key)
    .update(JSON.stringify(sorted(content)))
    .digest("hex");
};

/** What only says when something is deployed or run: what is live goes by it at once. */
const NOT_OF_A_RELEASE = [
  "autoDeploy",
  "watchPaths",
  "schedule",
  "timeZone",
  "cronTimeoutSeconds",
  "concurrency",
  "paused",
] as const satisfies (keyof Settings)[];

/** The same JSON for the same content, whatever the order in which fields came about. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
};
