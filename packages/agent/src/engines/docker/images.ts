import { join } from "node:path";
import type { ImageRef } from "@homeport/clusters/contract.ts";
import type Docker from "dockerode";
import { z } from "zod";
import { ReplicaFailure } from "../../failure.ts";
import { log } from "../../log.ts";
import type { Credentials, RemovedImages } from "../../ports.ts";
import { readState, writeState } from "../../state-file.ts";
import { callUnless } from "./calls.ts";
import type { Endpoint } from "./endpoint.ts";
import { openStream, readLines } from "./streams.ts";

const TIMEOUT_MS = 30_000;
/** A pull reports progress all the time; one that says nothing for so long is stuck. */
const SILENCE_MS = 120_000;

/** Image name -> when it was last wanted, in epoch ms. Only images that were not there before we pulled them are in it. */
const Pulled = z.record(z.string().max(800), z.number());
const Progress = z.object({ error: z.string().optional() });

/** Pulls images and remembers which ones are ours to remove again. */
export const createImages = (
  docker: Docker,
  endpoint: Endpoint,
  registry: string,
  dataDir: string,
  checkDisk: () => Promise<void>,
) => {
  const recordPath = join(dataDir, "docker", "images.json");
  let writing: Promise<unknown> = Promise.resolve();

  /** Changes the record, one change after the other. */
  const record = (change: (pulled: Record<string, number>) => void): Promise<void> => {
    const next = writing.then(async () => {
      const pulled = (await readState(recordPath, Pulled)) ?? {};
      change(pulled);
      await writeState(recordPath, pulled);
    });
    writing = next.catch(() => undefined);
    return next;
  };

  /** Under that very name: the engine also finds images by the beginning of their ids, whoever pulled them. */
  const find = async (name: string): Promise<Present | null> => {
    const found = await callUnless([404], "inspect an image", TIMEOUT_MS, () => docker.getImage(name).inspect());
    const names = [...(found?.RepoTags ?? []), ...(found?.RepoDigests ?? [])];
    if (found === null || !names.some((known) => fullName(known) === fullName(name))) return null;
    return { id: found.Id, bytes: found.Size, digests: found.RepoDigests ?? [] };
  };

  const pullNow = async (name: string, credentials: Credentials | null, signal: AbortSignal): Promise<void> => {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    const limit = AbortSignal.any([signal, silence.signal]);
    try {
      const auth = credentials === null ? {} : { "x-registry-auth": registryAuth(credentials, registry) };
      const path = `/images/create?${new URLSearchParams(splitName(name))}`;
      const res = await openStream(endpoint, path, {
        method: "POST",
        headers: auth,
        headersTimeoutMs: SILENCE_MS,
        signal: limit,
      });
      if (!res.ok || res.body === null) throw pullFailure(name, (await res.text()).slice(0, 2000));
      for await (const line of readLines(res.body)) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
        const { error } = Progress.parse(JSON.parse(line));
        if (error !== undefined) throw pullFailure(name, error); // a failed pull is a successful answer with an error in it
      }
    } catch (err) {
      if (silence.signal.aborted) throw pullFailure(name, "the registry stopped sending");
      throw err;
    } finally {
      clearTimeout(timer);
    }
  };

  /** When the tag of an image of ours has moved, the old one has no name but its digest, and nobody else would remove it. */
  const rememberReplaced = async (name: string, before: Present): Promise<void> => {
    const now = await find(name);
    if (now === null || now.id === before.id) return;
    await record((pulled) => {
      if (pulled[name] === undefined) return;
      for (const digest of before.digests) pulled[digest] = Date.now();
    });
  };

  return {
    imageName: (image: ImageRef): string => imageName(image, registry),

    /** The names of all that were pulled here, with when they were last wanted. */
    pulled: async (): Promise<Record<string, number>> => (await readState(recordPath, Pulled)) ?? {},

    async pull(image: ImageRef, credentials: Credentials | null, signal: AbortSignal): Promise<void> {
      const name = imageName(image, registry);
      const before = await find(name);
      if (before !== null) await record((pulled) => refresh(pulled, name));
      if (before !== null && name.includes("@")) return; // a digest never changes its content
      if (before === null) {
        await checkDisk(); // what is here may be asked for again on any disk: mostly nothing has changed
        // written down first: an image that nobody knows to be ours, because of a crash, would stay for ever
        await record((pulled) => {
          pulled[name] = Date.now();
        });
      }
      try {
        await pullNow(name, "digest" in image ? credentials : null, signal);
      } catch (err) {
        if (before === null && (await find(name)) === null) {
          await record((pulled) => {
            delete pulled[name];
          });
        }
        // A tag may have moved, so it is asked for every time, but a registry that is away must not stop what is here. One
        // that answers decides: what is here may have been pulled for somebody else, and this tenant may not have it.
        if (before === null || signal.aborted || !(err instanceof RegistryAway)) throw err;
        log.warn({ err }, "image could not be refreshed, the present one is used");
        return;
      }
      if (before !== null) await rememberReplaced(name, before);
    },

    async removeUnused(
      keep: ImageRef[],
      unusedForMs: number,
      isEnough: () => Promise<boolean> = async () => false,
    ): Promise<RemovedImages> {
      const kept = new Set(keep.map((image) => imageName(image, registry)));
      const pulled = (await readState(recordPath, Pulled)) ?? {};
      const wanted = Object.keys(pulled).filter((name) => kept.has(name));
      const unused = Object.entries(pulled)
        .filter(([name, usedAt]) => !kept.has(name) && Date.now() - usedAt >= unusedForMs)
        .sort(([, a], [, b]) => a - b);
      const gone: string[] = [];
      const removed = { count: 0, bytes: 0 };
      for (const [name] of unused) {
        if (await isEnough()) break;
        const present = await find(name);
        // 409: a container uses it, ours or not; a later round asks again
        const done = await callUnless([409], "remove an image", TIMEOUT_MS, () => removeImage(docker, name));
        if (done === null) continue;
        gone.push(name);
        removed.count += present === null ? 0 : 1;
        if (present !== null && (await isGone(docker, present.id))) removed.bytes += present.bytes;
      }
      if (wanted.length + gone.length > 0) {
        await record((current) => {
          for (const name of wanted) current[name] = Date.now();
          for (const name of gone) delete current[name];
        });
      }
      return removed;
    },
  };
};

type Present = { id: string; bytes: number; digests: string[] };

/** Somebody wants it now; one that is not ours stays so. */
const refresh = (pulled: Record<string, number>, name: string): void => {
  if (pulled[name] !== undefined) pulled[name] = Date.now();
};

/** Another name may hold it, and then nothing was freed. */
const isGone = async (docker: Docker, id: string): Promise<boolean> =>
  (await callUnless([404], "inspect an image", TIMEOUT_MS, () => docker.getImage(id).inspect())) === null;

const removeImage = async (docker: Docker, name: string): Promise<true> => {
  await callUnless([404], "remove an image", TIMEOUT_MS, () => docker.getImage(name).remove());
  return true;
};

const imageName = (image: ImageRef, registry: string): string =>
  "digest" in image ? `${registry}/${image.repository}@${image.digest}` : image.reference;

/** The image could not be asked for at all. */
class RegistryAway extends ReplicaFailure {}

/** A name with everything that may be left out of it, so that two can be compared. */
export const fullName = (name: string): string => {
  const { fromImage, tag } = splitName(name);
  const path = fromImage.replace(/^((index\.)?docker\.io\/)?(library\/)?/, "");
  return tag.includes(":") ? `${path.replace(/:[^/]*$/, "")}@${tag}` : `${path}:${tag}`;
};

/** Without a tag the engine would pull every tag of the repository. */
export const splitName = (name: string): { fromImage: string; tag: string } => {
  const digest = name.indexOf("@");
  if (digest > 0) return { fromImage: name.slice(0, digest), tag: name.slice(digest + 1) };
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  return colon > 0
    ? { fromImage: name.slice(0, colon), tag: name.slice(colon + 1) }
    : { fromImage: name, tag: "latest" };
};

/**
 * Source: Docker Engine API, "Authentication": base64url JSON. dockerd wants the padding that `base64url` leaves out, and
 * without it silently goes on as nobody.
 */
const registryAuth = ({ username, password }: Credentials, serveraddress: string): string =>
  Buffer.from(JSON.stringify({ username, password: password.reveal(), serveraddress }))
    .toString("base64")
    .replaceAll("+", "-")
    .replaceAll("/", "_");

const pullFailure = (name: string, text: string): ReplicaFailure => {
  const known = PULL_FAILURES.find(({ match }) => match.test(text));
  const { code, says, retryable } = known ?? PULL_OTHERWISE;
  const Failure = known === undefined && AWAY.test(text) ? RegistryAway : ReplicaFailure;
  return new Failure({ code, message: `The image ${name} ${says} (${text.slice(0, 300)}).` }, { retryable });
};

/** The engine has no codes for these, only texts; the first match counts. */
const PULL_FAILURES = [
  {
    match: /no matching manifest|does not match the specified platform/i,
    code: "image_wrong_platform",
    says: "is not made for this machine",
    retryable: false,
  },
  // retryable: behind a gateway that has just started, a registry may be missing for a moment
  {
    match: /manifest unknown|not found|does not exist/i,
    code: "image_not_found",
    says: "does not exist",
    retryable: true,
  },
  {
    match: /unauthorized|denied|forbidden|authentication required/i,
    code: "image_denied",
    says: "may not be pulled by this node",
    retryable: false,
  },
  { match: /no space left/i, code: "disk_full", says: "does not fit on this node's disk", retryable: true },
];
/** Network errors as Go words them, answers of 500 and above, and silence. */
const AWAY =
  /dial tcp|no such host|network is unreachable|connection (refused|reset)|i\/o timeout|handshake timeout|deadline exceeded|Client\.Timeout|: EOF|unexpected (HTTP )?status.*: 5\d\d\b|stopped sending/;
const PULL_OTHERWISE = { code: "image_pull_failed", says: "could not be pulled", retryable: true };
