import type { ListRefsResult } from "@homeport/ci/contract.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import type { ProjectId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import { isFor } from "../git-credential.ts";
import { type BranchPush, readRef } from "../push.ts";
import { environmentOfPush } from "../push-decision.ts";
import { repositoryOf } from "../repository-url.ts";
import type { Service } from "../service.ts";
import type { Refs } from "../source-provider.ts";
import { listHeads, lockHead, writeHead } from "../store/branch-heads.ts";
import { listEnvironments } from "../store/environments.ts";
import {
  finishPoll,
  isHooked,
  listPollCandidates,
  type Poll,
  type PollCandidate,
  type WantedPoll,
} from "../store/polls.ts";
import { listLastBuilds } from "../store/pushed.ts";
import { credentialOf, rememberHostKey } from "./git-credentials.ts";
import { branchesOf } from "./repositories.ts";
import { deployPush, type PushPlace, servicesOf, takePush } from "./take-push.ts";

export type PollContext = {
  sql: Sql;
  keys: Keyring;
  refs: Refs;
  /** How often each repository is asked, in milliseconds. */
  intervalMs: () => number;
  /** Called once deployments may have been queued. */
  wake: () => void;
};

const ASK_MS = 90_000;
const MAX_BACKOFF_MS = 6 * 3_600_000;
/** Polls that were due together are not together for ever. */
const JITTER = 0.1;

/** Services whose pushes no webhook tells of. */
const isPolled = ({ source, hooked }: PollCandidate): boolean => !hooked.includes(repositoryOf(source.url));

/** The question that is asked for a service. One without a credential is asked once for all that have the same address. */
const pollFor = ({ serviceId, organisationId, source, credentials }: PollCandidate): WantedPoll => ({
  organisationId,
  url: source.url,
  credentialServiceId: credentials.some((each) => isFor(each, source)) ? serviceId : null,
});

export const wantedPolls = async (sql: Sql): Promise<WantedPoll[]> => {
  const wanted = (await listPollCandidates(sql, null)).filter(isPolled).map(pollFor);
  const keyOf = ({ organisationId, url, credentialServiceId }: WantedPoll) =>
    JSON.stringify([organisationId, url, credentialServiceId]);
  return [...new Map(wanted.map((each) => [keyOf(each), each])).values()];
};

/** Asks a repository what there is and deploys what is new, for every project that it is polled for. */
export const runPoll = async (context: PollContext, poll: Poll, signal: AbortSignal): Promise<void> => {
  const { sql, keys, refs, intervalMs } = context;
  const candidates = (await listPollCandidates(sql, poll.organisationId)).filter(isPolled);
  const mine = candidates.filter((each) => {
    const { url, credentialServiceId } = pollFor(each);
    return url === poll.url && credentialServiceId === poll.credentialServiceId;
  });
  const [first] = mine;
  if (first === undefined) return finishPoll(sql, poll, { ...pausing(poll, intervalMs()), reason: null });
  const asking = { id: first.serviceId, source: first.source };
  const found = poll.credentialServiceId === null ? null : await credentialOf(sql, keys, asking);
  const question = {
    organisationId: poll.organisationId,
    url: poll.url,
    credential: found?.credential ?? null,
    patterns: ["refs/heads/*"],
  };
  const answer = await refs.list(`poll:${poll.leaseToken}`, question, ASK_MS, signal);
  if (signal.aborted) return; // the lease runs out, and another process asks
  if (answer.state !== "listed") {
    const reason = answer.state === "late" ? "No runner has asked it in time." : answer.reason.message;
    return finishPoll(sql, poll, { ...pausing(poll, intervalMs(), poll.failures + 1), reason });
  }
  if (answer.refs.hostKey !== undefined) await rememberHostKey(sql, asking, answer.refs.hostKey);
  const knownProjectIds: ProjectId[] = [];
  const repository = repositoryOf(poll.url);
  for (const projectId of new Set(mine.map((each) => each.projectId))) {
    // All of the project that are built from it, also by another address: they share what is known of its branches.
    const only = new Set(
      candidates
        .filter((each) => each.projectId === projectId && repositoryOf(each.source.url) === repository)
        .map(({ serviceId }) => serviceId),
    );
    const actor = { kind: "poll" as const, id: poll.id, name: `Push to ${repository}` };
    const place: PushPlace = { organisationId: poll.organisationId, projectId, repository, actor, only };
    const isKnown = poll.knownProjectIds.includes(projectId);
    if (await takeRefs(context, place, answer.refs, isKnown)) knownProjectIds.push(projectId);
    context.wake();
  }
  await finishPoll(sql, poll, { ...pausing(poll, intervalMs(), 0), knownProjectIds, reason: null });
};

const pausing = (poll: Poll, intervalMs: number, failures = poll.failures) => ({
  knownProjectIds: poll.knownProjectIds,
  failures,
  waitMs:
    Math.min(intervalMs * 2 ** Math.min(failures, 10), Math.max(MAX_BACKOFF_MS, intervalMs)) *
    (1 - JITTER + 2 * JITTER * Math.random()),
});

/** False when it was not seen whole: a build was under way of which nobody knows the commit yet. */
const takeRefs = async (
  { sql }: PollContext,
  place: PushPlace,
  refs: ListRefsResult,
  isKnown: boolean,
): Promise<boolean> => {
  const environments = await listEnvironments(sql, { id: place.projectId, organisationId: place.organisationId });
  const services = await servicesOf(sql, place);
  const heads = await listHeads(sql, place);
  const branches = branchesOf(refs);
  const workloadsOf = (branch: string): Service[] =>
    services.filter(
      ({ source, environmentId }) =>
        environmentOfPush(environments, source, branch, refs.defaultBranch)?.id === environmentId,
    );
  let isWhole = true;
  for (const { name, commit } of branches) {
    const workloads = workloadsOf(name);
    if (heads.get(name) === commit || workloads.length === 0) continue;
    const push: BranchPush = {
      kind: "branch",
      branch: name,
      commit,
      before: null,
      isForced: true, // what the server says now is so, wherever the branch was
      headMessage: "",
      paths: null,
      defaultBranch: refs.defaultBranch,
    };
    // A transaction for each branch: one that cannot be deployed keeps no other from it.
    const isTaken = await sql.begin(async (tx) => {
      if (await isHooked(tx, place.projectId, place.repository)) return true;
      if (isKnown || heads.has(name)) await takePush(tx, place, push);
      else return takeFirstSight(tx, place, push, workloads);
      return true;
    });
    isWhole = isWhole && isTaken;
  }
  await dropMissing(sql, place, refs, [...heads.keys()]);
  return isWhole;
};

/** A branch that is seen for the first time is deployed where what was deployed from it is another commit. */
const takeFirstSight = async (tx: Tx, place: PushPlace, push: BranchPush, workloads: Service[]): Promise<boolean> => {
  const { branch, commit, defaultBranch } = push;
  if ((await lockHead(tx, place, branch)) !== null) return true;
  const last = await listLastBuilds(
    tx,
    workloads.map(({ workloadId }) => workloadId),
  );
  const ofBranch = workloads.flatMap((service) => {
    const build = last.get(service.workloadId);
    const own = service.source.kind === "git" ? service.source.ref : undefined;
    return build !== undefined && (build.branch ?? own ?? defaultBranch) === branch ? [{ service, build }] : [];
  });
  if (ofBranch.some(({ build }) => build.isUnfinished && build.commit === null)) return false;
  await writeHead(tx, place, branch, { commit, earlier: [] });
  for (const { service, build } of ofBranch) {
    if (build.commit !== null && build.commit !== commit) await deployPush(tx, place, { branch, commit }, service);
  }
  return true;
};

/** Of a listing that was cut, or is empty, nobody knows what is missing. */
const dropMissing = async (sql: Sql, place: PushPlace, refs: ListRefsResult, known: string[]): Promise<void> => {
  const there = new Set(refs.refs.flatMap(({ name }) => readRef(name)?.name ?? []));
  if (refs.isTruncated || there.size === 0) return;
  for (const branch of known.filter((name) => !there.has(name))) {
    await sql.begin(async (tx) => {
      if (await isHooked(tx, place.projectId, place.repository)) return;
      await takePush(tx, place, { kind: "branch_deleted", branch });
    });
  }
};
