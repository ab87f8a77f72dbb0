import type { GitCredential, ListRefsResult, Reason } from "@homeport/ci/contract.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { HookProvider } from "./hook.ts";
import type { Push } from "./push.ts";

/** A delivery as it came in; nothing of it is believed before `verify`. */
export type Delivery = { headers: Headers; body: Uint8Array };

/** A push, and what the server calls its repository (`team/app`); null where it does not say. */
export type ReadDelivery = { push: Push; repositoryName: string | null };

/**
 * One kind of server that has repositories and tells of pushes. Pure: all calls may be made at once and again.
 * `verify` first, always; the others read what strangers may have written.
 */
export interface SourceProvider {
  kind: HookProvider;
  /** Whether one of the secrets made this delivery; takes as long whether or not, and reads no more than its headers and bytes. */
  verify(delivery: Delivery, secrets: readonly Secret[]): boolean;
  /** What tells one delivery from another, and is the same when it is sent again; null where the server gives none. */
  deliveryIdOf(delivery: Delivery): string | null;
  /** @throws {DomainError} invalid, for a body that is not what such a server sends */
  read(delivery: Delivery): ReadDelivery;
}

export type RefsQuestion = {
  organisationId: OrganisationId;
  url: string;
  credential: Secret<GitCredential> | null;
  patterns?: string[];
};

export type RefsAnswer =
  | { state: "listed"; refs: ListRefsResult }
  | { state: "failed"; reason: Reason }
  /** Nobody has answered in time; the question was taken back. */
  | { state: "late" };

/** Asks repositories' servers what there is. */
export interface Refs {
  /**
   * @param key of one question: asked again with it, the first one's answer comes
   * @throws {DomainError} unavailable, when nobody can be asked
   */
  list(key: string, question: RefsQuestion, timeoutMs: number, signal: AbortSignal): Promise<RefsAnswer>;
}
