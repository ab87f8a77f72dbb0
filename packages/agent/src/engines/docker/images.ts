import { join } from "node:path";
import type { ImageRef } from "@homeport/clusters/contract.ts";
import type Docker from "dockerode";
import { z } from "zod";
import { ReplicaFailure } from "../../failure.ts";
import { log } from "../../log.ts";
import type { Credentials } from "../../ports.ts";
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
export const createImages = (docker: Docker, endpoint: Endpoint, registry: string, dataDir: string) => {
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
  const exists = async (name: string): Promise<boolean> => {
    const found = await callUnless([404], "inspect an image", TIMEOUT_MS, () => docker.getImage(name).inspect());
    return [...(found?.RepoTags ?? []), ...(found?.RepoDigests ?? [])].some(
      (known) => fullName(known) === fullName(name),
    );
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

  return {
    imageName: (image: ImageRef): string => imageName(image, registry),

    async pull(image: ImageRef, credentials: Credentials | null, signal: AbortSignal): Promise<void> {
      const name = imageName(image, registry);
      const present = await exists(name);
      if (present && name.includes("@")) return; // a digest never changes its content
      try {
        await pullNow(name, "digest" in image ? credentials : null, signal);
      } catch (err) {
        // A tag may have moved, so it is asked for every time, but a registry that is away must not stop what is here. One
        // that answers decides: what is here may have been pulled for somebody else, and this tenant may not have it.
        if (!present || signal.aborted || !(err instanceof RegistryAway)) throw err;
        log.warn({ err }, "image could not be refreshed, the present one is used");
        return;
      }
      if (present) return;
      await record((pulled) => {
        pulled[name] = Date.now();
      });
    },

    async removeUnused(keep: ImageRef[], unusedForMs: number): Promise<number> {
      const kept = new Set(keep.map((image) => imageName(image, registry)));
      const pulled = (await readState(recordPath, Pulled)) ?? {};
      const wanted = Object.keys(pulled).filter((name) => kept.has(name));
      const old = Object.keys(pulled).filter(
        (name) => !kept.has(name) && Date.now() - (pulled[name] ?? 0) >= unusedForMs,
      );
      const removed: string[] = [];
      for (const name of old) {
        // 409: a container uses it, ours or not; a later round asks again
        const gone = await callUnless([409], "remove an image", TIMEOUT_MS, () => removeImage(docker, name));
        if (gone !== null) removed.push(name);
      }
      if (wanted.length + removed.length > 0) {
        await record((current) => {
          for (const name of wanted) current[name] = Date.now();
          for (const name of removed) delete current[name];
        });
      }
      return removed.length;
    },
  };
};

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
