/** What a writer says. */
export type NewEvent = {
  /** `<source>.<noun>.<verb in the past>`, for example `ci.job.succeeded`. */
  type: string;
  /** The id of the app that writes; the database refuses any other. */
  source: string;
  /** The id of what it is about. */
  subject?: string | null;
  /** Null for what concerns the platform and no organisation. */
  organisationId?: string | null;
  projectId?: string | null;
  /** At most 64 KiB of JSON, without secrets: whoever may read the organisation's events sees it. */
  data: Record<string, unknown>;
  /** Who caused it, as the app knows them. */
  actor?: Record<string, unknown> | null;
};

/** An event of the log. */
export type PlatformEvent = {
  id: string;
  /** Its place in the log, gapless from 1. Two readers never see two orders. */
  seq: number;
  type: string;
  source: string;
  subject: string | null;
  organisationId: string | null;
  projectId: string | null;
  data: Record<string, unknown>;
  actor: Record<string, unknown> | null;
  occurredAt: Date;
};

/** CloudEvents 1.0 in JSON, what leaves the platform. Extension attributes are lower case letters and digits only. */
export type CloudEvent = {
  specversion: "1.0";
  id: string;
  type: string;
  source: string;
  time: string;
  datacontenttype: "application/json";
  subject?: string;
  /** The place in the log, as the `sequence` extension has it: a string. */
  sequence: string;
  organisationid?: string;
  projectid?: string;
  actor?: string;
  data: Record<string, unknown>;
};

/**
 * Whether an event's type is one of `types`: a whole type, a prefix `ci.job.*` (whole words only), or `*`.
 */
export const matchesTypes = (types: readonly string[], type: string): boolean =>
  types.some(
    (wanted) => wanted === "*" || wanted === type || (wanted.endsWith(".*") && type.startsWith(wanted.slice(0, -1))),
  );

/** Source: CloudEvents 1.0.2, JSON format; `sequence` from its documented extensions. */
export function toCloudEvent(event: PlatformEvent): CloudEvent {
  return {
    specversion: "1.0",
    id: event.id,
    type: event.type,
    source: `/apps/${event.source}`,
    time: event.occurredAt.toISOString(),
    datacontenttype: "application/json",
    ...(event.subject === null ? {} : { subject: event.subject }),
    sequence: String(event.seq),
    ...(event.organisationId === null ? {} : { organisationid: event.organisationId }),
    ...(event.projectId === null ? {} : { projectid: event.projectId }),
    ...(event.actor === null ? {} : { actor: JSON.stringify(event.actor) }),
    data: event.data,
  };
}
