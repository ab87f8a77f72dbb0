import { DomainError, type ErrorCode } from "@homeport/kit/errors.ts";

/**
 * Error codes of the protocol with their status: OCI distribution specification 1.1, "Error codes", and for ranges,
 * tags and paging what the reference implementation answers (distribution, registry/api/errcode).
 */
const CODES = {
  BLOB_UNKNOWN: [404, "not_found"],
  BLOB_UPLOAD_INVALID: [400, "invalid"],
  BLOB_UPLOAD_UNKNOWN: [404, "not_found"],
  DENIED: [403, "forbidden"],
  DIGEST_INVALID: [400, "invalid"],
  MANIFEST_BLOB_UNKNOWN: [400, "invalid"],
  MANIFEST_INVALID: [400, "invalid"],
  MANIFEST_UNKNOWN: [404, "not_found"],
  NAME_INVALID: [400, "invalid"],
  NAME_UNKNOWN: [404, "not_found"],
  PAGINATION_NUMBER_INVALID: [400, "invalid"],
  RANGE_INVALID: [416, "conflict"],
  SIZE_INVALID: [400, "invalid"],
  TAG_INVALID: [400, "invalid"],
  UNAUTHORIZED: [401, "unauthenticated"],
  UNSUPPORTED: [405, "unsupported"],
} as const satisfies Record<string, readonly [number, ErrorCode]>;

export type OciCode = keyof typeof CODES;

/** A failure that clients of the protocol understand by its code. */
export class OciError extends DomainError {
  readonly ociCode: OciCode;
  readonly detail: unknown;
  /** Sent with the error, such as where an upload stands. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: OciCode, message: string, options: { detail?: unknown; headers?: Record<string, string> } = {}) {
    super(CODES[code][1], message);
    this.name = "OciError";
    this.ociCode = code;
    this.detail = options.detail ?? null;
    this.headers = options.headers ?? {};
  }

  override get status(): number {
    return CODES[this.ociCode][0];
  }
}

/** The caller has to fetch a token, for `scope` if there is one. The address of the token service depends on the request. */
export class TokenNeeded extends OciError {
  readonly scope: string | null;
  readonly insufficient: boolean;

  constructor(scope: string | null, insufficient = false) {
    super("UNAUTHORIZED", insufficient ? "The token does not cover this." : "A token is needed.");
    this.scope = scope;
    this.insufficient = insufficient;
  }
}
