import { audit } from "@homeport/kit/audit/audit.ts";
import type { AuditActor } from "@homeport/kit/audit/record.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { algorithmOf, type Digest, digestBytes } from "../digest.ts";
import { OciError } from "../errors.ts";
import { type ImageManifest, parseImageManifest } from "../image-manifest.ts";
import type { Reference, Repository } from "../repository.ts";
import { deleteManifest, findManifest, findMissing, insertManifest, type ManifestRow } from "../store/manifests.ts";
import { deleteTag, putTag } from "../store/tags.ts";
import { repositoryEntry } from "./audit-entry.ts";
import { refusedWhileUsed } from "./refused-while-used.ts";

export type Manifests = {
  /** @throws {OciError} MANIFEST_UNKNOWN */
  get(repository: Repository, reference: Reference): Promise<ManifestRow>;
  /** Stores a manifest under its digest, and under a tag if it is sent to one. @throws {OciError} */
  put(
    repository: Repository,
    reference: Reference,
    mediaType: string,
    bytes: Uint8Array,
    actor: AuditActor,
  ): Promise<Digest>;
  /** Removes a tag, or a manifest with all its tags. @throws {OciError} MANIFEST_UNKNOWN; UNSUPPORTED, while it is needed */
  remove(repository: Repository, reference: Reference, actor: AuditActor): Promise<void>;
};

export const createManifests = (sql: Sql): Manifests => ({
  async get(repository, reference) {
    const found = await findManifest(sql, repository.id, reference);
    if (found === null) throw unknownManifest(reference);
    return found;
  },
  async put(repository, reference, mediaType, bytes, actor) {
    const digest = digestBytes("digest" in reference ? algorithmOf(reference.digest) : "sha256", bytes);
    if ("digest" in reference && digest !== reference.digest) {
      throw new OciError("DIGEST_INVALID", `The manifest has the digest ${digest}.`, { detail: reference });
    }
    const parsed = parseImageManifest(bytes, mediaType);
    if ("problem" in parsed) throw new OciError("MANIFEST_INVALID", parsed.problem);
    const tag = "tag" in reference ? reference.tag : null;
    await sql.begin(async (tx) => {
      const { subject, artifactType } = parsed.manifest;
      const needed = neededBy(parsed.manifest);
      const missing = await findMissing(tx, repository.id, needed);
      if (missing.length > 0) throw unknownParts(missing);
      const before = await findManifest(tx, repository.id, reference);
      const manifest = { digest, mediaType, artifactType, subject, body: bytes, ...needed };
      await insertManifest(tx, repository.id, manifest).catch(invalidWhenGone);
      if (tag !== null) await putTag(tx, repository.id, tag, digest);
      await emit(tx, eventOf("pushed", repository, { digest, tag }));
      if (before?.digest === digest) return;
      const told = (said: Digest) => (tag === null ? { digest: said } : { tag, digest: said });
      await audit(tx, {
        ...repositoryEntry("image:push", repository, actor),
        before: before === null ? null : told(before.digest),
        after: told(digest),
      });
    });
    return digest;
  },
  async remove(repository, reference, actor) {
    const removed = await sql.begin(async (tx) => {
      const deleted =
        "tag" in reference
          ? await deleteTag(tx, repository.id, reference.tag)
          : await deleteManifest(tx, repository.id, reference.digest).catch(refusedWhileUsed);
      if (!deleted) return false;
      if ("digest" in reference) await emit(tx, eventOf("deleted", repository, { digest: reference.digest }));
      await audit(tx, { ...repositoryEntry("image:delete", repository, actor), before: reference });
      return true;
    });
    if (!removed) throw unknownManifest(reference);
  },
});

const neededBy = ({ parts }: ImageManifest): { blobs: Digest[]; children: Digest[] } => {
  const here = parts.filter(({ foreign }) => !foreign);
  const digestsOf = (isManifest: boolean) => [
    ...new Set(here.filter(({ kind }) => (kind === "manifest") === isManifest).map(({ digest }) => digest)),
  ];
  return { blobs: digestsOf(false), children: digestsOf(true) };
};

const eventOf = (what: "pushed" | "deleted", repository: Repository, data: Record<string, unknown>) => ({
  type: `registry.manifest.${what}`,
  source: "registry",
  subject: repository.name,
  organisationId: repository.organisationId,
  data: { repository: repository.name, ...data },
});

const unknownManifest = (reference: Reference) =>
  new OciError("MANIFEST_UNKNOWN", "There is no such manifest.", { detail: reference });

/** Clients show the list; a manifest can miss thousands. */
const SHOWN = 20;

const unknownParts = (missing: Digest[]) =>
  new OciError("MANIFEST_BLOB_UNKNOWN", "Push what the manifest refers to before the manifest itself.", {
    detail: { missing: missing.slice(0, SHOWN), missingCount: missing.length },
  });

const invalidWhenGone = (err: unknown): never => {
  throw err instanceof DomainError && err.code === "conflict"
    ? new OciError("MANIFEST_BLOB_UNKNOWN", err.message)
    : err;
};
