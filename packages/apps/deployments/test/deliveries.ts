import { createHmac } from "node:crypto";
import type { HookProvider } from "../src/hook.ts";
import type { Delivery } from "../src/source-provider.ts";

/** A commit id that is made of one hexadecimal digit. */
export const commitId = (digit: string): string => digit.repeat(40);
export const NO_COMMIT = commitId("0");

export type Told = {
  branch: string;
  before?: string;
  after?: string;
  message?: string;
  /** Files that each commit touched. */
  files?: string[][];
  /** How many commits the server says there were. */
  total?: number;
  forced?: boolean;
  repository?: string;
  defaultBranch?: string;
};

const AT = "2026-06-01T12:00:00Z";
const ADA = { name: "Ada", email: "ada@example.com", username: "ada" };

const commitsOf = (
  { files = [["README.md"]], after = commitId("b"), message = "Change a file\n" }: Told,
  host: string,
) =>
  files.map((modified, i) => ({
    id: i === files.length - 1 ? after : i.toString(16).padStart(40, "0"),
    tree_id: commitId("7"),
    distinct: true,
    message: i === files.length - 1 ? message : `Commit ${i}\n`,
    timestamp: AT,
    url: `https://${host}/shop/api/commit/${after}`,
    author: ADA,
    committer: ADA,
    added: [],
    removed: [],
    modified,
  }));

/** Bodies in the form of docs.github.com, "Webhook events and payloads". */
const github = (told: Told) => {
  const {
    branch,
    before = commitId("a"),
    after = commitId("b"),
    repository = "shop/api",
    defaultBranch = "main",
  } = told;
  const commits = after === NO_COMMIT ? [] : commitsOf(told, "github.com");
  return {
    ref: `refs/heads/${branch}`,
    before,
    after,
    created: before === NO_COMMIT,
    deleted: after === NO_COMMIT,
    forced: told.forced ?? false,
    base_ref: null,
    compare: `https://github.com/${repository}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits,
    head_commit: commits.at(-1) ?? null,
    repository: {
      id: 186853002,
      name: "api",
      full_name: repository,
      private: true,
      owner: { name: "shop", login: "shop", id: 1 },
      html_url: `https://github.com/${repository}`,
      clone_url: `https://github.com/${repository}.git`,
      ssh_url: `git@github.com:${repository}.git`,
      default_branch: defaultBranch,
    },
    pusher: { name: "ada", email: "ada@example.com" },
    sender: { login: "ada", id: 1, type: "User" },
  };
};

/** docs.gitlab.com, "Webhook events". */
const gitlab = (told: Told) => {
  const {
    branch,
    before = commitId("a"),
    after = commitId("b"),
    repository = "shop/api",
    defaultBranch = "main",
  } = told;
  const commits = after === NO_COMMIT ? [] : commitsOf(told, "gitlab.example.com").slice(-20);
  return {
    object_kind: "push",
    event_name: "push",
    before,
    after,
    ref: `refs/heads/${branch}`,
    ref_protected: true,
    checkout_sha: after === NO_COMMIT ? null : after,
    message: null,
    user_id: 4,
    user_name: "Ada",
    user_username: "ada",
    user_email: "",
    project_id: 15,
    project: {
      id: 15,
      name: "api",
      description: "",
      web_url: `https://gitlab.example.com/${repository}`,
      git_ssh_url: `git@gitlab.example.com:${repository}.git`,
      git_http_url: `https://gitlab.example.com/${repository}.git`,
      namespace: "shop",
      visibility_level: 0,
      path_with_namespace: repository,
      default_branch: defaultBranch,
    },
    commits,
    total_commits_count: told.total ?? commits.length,
    repository: { name: "api", url: `git@gitlab.example.com:${repository}.git`, description: "" },
  };
};

/** docs.gitea.com, "Webhooks". */
const gitea = (told: Told) => {
  const {
    branch,
    before = commitId("a"),
    after = commitId("b"),
    repository = "shop/api",
    defaultBranch = "main",
  } = told;
  const commits = commitsOf(told, "gitea.example.com");
  return {
    ref: `refs/heads/${branch}`,
    before,
    after,
    compare_url: `https://gitea.example.com/${repository}/compare/${before}...${after}`,
    commits: commits.slice(-5),
    total_commits: told.total ?? commits.length,
    head_commit: commits.at(-1) ?? null,
    repository: {
      id: 61,
      owner: { id: 25, login: "shop", username: "shop" },
      name: "api",
      full_name: repository,
      private: true,
      html_url: `https://gitea.example.com/${repository}`,
      ssh_url: `git@gitea.example.com:${repository}.git`,
      clone_url: `https://gitea.example.com/${repository}.git`,
      default_branch: defaultBranch,
    },
    pusher: { id: 1, login: "ada" },
    sender: { id: 1, login: "ada" },
  };
};

const generic = ({ branch, before, after = commitId("b"), message, files }: Told) => ({
  ref: `refs/heads/${branch}`,
  commit: after === NO_COMMIT ? null : after,
  ...(before === undefined ? {} : { before }),
  ...(message === undefined ? {} : { message }),
  ...(files === undefined ? {} : { paths: files.flat() }),
});

export const BODIES = { github, gitlab, gitea, forgejo: gitea, generic };

const hmac = (secret: string, body: string): string => createHmac("sha256", secret).update(body).digest("hex");

/** The headers of each server. */
export const headersFor = (
  provider: HookProvider,
  body: string,
  secret: string,
  id: string,
  event = "push",
): Record<string, string> => {
  const json = { "content-type": "application/json" };
  const signature = hmac(secret, body);
  switch (provider) {
    case "github":
      return {
        ...json,
        "x-github-event": event,
        "x-github-delivery": id,
        "x-hub-signature-256": `sha256=${signature}`,
      };
    case "gitlab":
      return { ...json, "x-gitlab-event": "Push Hook", "x-gitlab-event-uuid": id, "x-gitlab-token": secret };
    case "gitea":
      return { ...json, "x-gitea-event": event, "x-gitea-delivery": id, "x-gitea-signature": signature };
    case "forgejo":
      return { ...json, "x-forgejo-event": event, "x-forgejo-delivery": id, "x-forgejo-signature": signature };
    case "generic":
      return { ...json, "webhook-id": id, "x-hub-signature-256": `sha256=${signature}` };
  }
};

export const deliveryOf = (
  provider: HookProvider,
  body: unknown,
  { secret = "secret", id = Bun.randomUUIDv7(), event = "push" } = {},
): Delivery => {
  const text = JSON.stringify(body);
  return { headers: new Headers(headersFor(provider, text, secret, id, event)), body: Buffer.from(text) };
};
