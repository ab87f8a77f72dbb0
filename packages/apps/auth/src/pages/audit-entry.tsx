import type { AuditRecord } from "@homeport/kit/audit/record.ts";
import { KeyValue, Time } from "@homeport/ui";
import type { AuditLog, LoggedEntry } from "../audit-log.ts";
import { auditPaths } from "./audit-paths.ts";

export const Actor = ({ log, record: { actor, address } }: { log: AuditLog; record: AuditRecord }) => (
  <div className="grid gap-0.5">
    <a href={auditPaths(log).list({ actor: actor.id })} className="font-medium hover:underline">
      {actor.name ?? (actor.kind === "anonymous" ? "somebody" : actor.id)}
    </a>
    <span className="text-sm text-soft">
      {actor.kind}
      {actor.credential === null ? "" : `, by a ${CREDENTIALS[actor.credential.kind] ?? actor.credential.kind}`}
      {address === null ? "" : `, from ${address}`}
    </span>
  </div>
);

const CREDENTIALS: Readonly<Record<string, string>> = { token: "token", session: "session", service: "token" };

export const Subject = ({ log, record: { subject } }: { log: AuditLog; record: AuditRecord }) => (
  <div className="grid gap-0.5">
    <a href={auditPaths(log).list({ subject: subject.id })} className="hover:underline">
      {subject.name ?? subject.id}
    </a>
    <span className="text-sm text-soft">{subject.kind}</span>
  </div>
);

/** What changed, folded away; and what it takes to find the entry elsewhere. */
export const Details = ({ entry: { seq, hash, record } }: { entry: LoggedEntry }) => {
  const changes = changesOf(record);
  return (
    <details>
      <summary className="cursor-pointer">
        {changes.length === 0 ? "Details" : changes.length === 1 ? "1 change" : `${changes.length} changes`}
      </summary>
      <div className="mt-2 grid gap-3 text-start">
        {changes.length === 0 ? null : (
          <KeyValue
            items={changes.map(({ name, was, is }) => ({ label: name, value: <Change was={was} is={is} /> }))}
          />
        )}
        <KeyValue
          items={[
            ...(record.reason === null ? [] : [{ label: "Reason", value: record.reason }]),
            { label: "Time", value: <Time at={record.occurredAt} format="absolute" /> },
            { label: "Entry", value: String(seq) },
            ...(record.projectId === null ? [] : [{ label: "Project", value: <Mono text={record.projectId} /> }]),
            ...(record.requestId === null ? [] : [{ label: "Request", value: <Mono text={record.requestId} /> }]),
            ...(record.userAgent === null ? [] : [{ label: "Client", value: record.userAgent }]),
            { label: "Hash", value: <Mono text={hash} /> },
          ]}
        />
      </div>
    </details>
  );
};

type Changed = { name: string; was: unknown; is: unknown };

const changesOf = ({ before, after }: AuditRecord): Changed[] => {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names.map((name) => ({ name, was: before?.[name], is: after?.[name] }));
};

const Change = ({ was, is }: Omit<Changed, "name">) => (
  <span className="grid gap-0.5">
    {isAbsent(was) ? null : (
      <del className="text-soft">
        <Mono text={textOf(was)} />
      </del>
    )}
    {isAbsent(is) ? null : (
      <ins className="no-underline">
        <Mono text={textOf(is)} />
      </ins>
    )}
  </span>
);

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const Mono = ({ text }: { text: string }) => <code className="text-sm wrap-anywhere whitespace-pre-wrap">{text}</code>;
