import { DomainError, type FieldIssue } from "@homeport/kit/errors.ts";
import { parseForm } from "@homeport/kit/form.ts";
import { PolicyInput } from "../contract/policy.ts";
import { type Fields, userRows } from "./policy-values.ts";

const text = (value: string | undefined): string | undefined => {
  const trimmed = value?.trim() ?? "";
  return trimmed === "" ? undefined : trimmed;
};
const number = (value: string | undefined): number | undefined =>
  text(value) === undefined ? undefined : Number(value);
const lines = (value: string | undefined): string[] => (value ?? "").split(/\r?\n/).flatMap((line) => text(line) ?? []);
const orAbsent = <T>(list: T[]): T[] | undefined => (list.length === 0 ? undefined : list);
const isOn = (value: string | undefined): true | undefined => (value === "on" ? true : undefined);

type User = { row: number; name: string; password: string | undefined };

const usersOf = (fields: Fields): User[] =>
  userRows(fields)
    .map((row) => ({
      row,
      name: fields[`user${row}`]?.trim() ?? "",
      password: fields[`password${row}`] || undefined,
    }))
    .filter(({ name, password }) => name !== "" || password !== undefined);

/** What a form says, in the shape of the contract; `undefined` is what it leaves out. */
const policyOf = (fields: Fields, users: readonly User[]): unknown => ({
  redirects: orAbsent(
    lines(fields.redirects).map((line) => {
      const [from, to, ...status] = line.split(/\s+/);
      return { from, to, status: status.length === 0 ? undefined : Number(status.join(" ")) };
    }),
  ),
  httpsOnly: isOn(fields.httpsOnly),
  hsts: isOn(fields.hsts) && {
    maxAgeSeconds: number(fields.hstsMaxAge),
    includeSubdomains: isOn(fields.hstsSubdomains),
    preload: isOn(fields.hstsPreload),
  },
  allow: orAbsent(lines(fields.allow)),
  maintenance: isOn(fields.maintenance) && {
    message: text(fields.maintenanceMessage),
    retryAfterSeconds: number(fields.maintenanceRetryAfter),
    except: lines(fields.maintenanceExcept),
  },
  rateLimit:
    text(fields.rateRequests) === undefined
      ? undefined
      : { requests: number(fields.rateRequests), windowSeconds: number(fields.rateWindow), per: fields.ratePer },
  basicAuth:
    users.length === 0
      ? undefined
      : { realm: text(fields.realm), users: users.map(({ name, password }) => ({ name, password })) },
  signIn: signInOf(fields),
  compress: isOn(fields.compress),
  sticky: isOn(fields.sticky),
  maxBodyBytes: number(fields.maxBodyBytes),
  connectTimeoutMs: number(fields.connectTimeoutMs),
  responseTimeoutMs: number(fields.responseTimeoutMs),
});

const signInOf = ({ signIn, signInOrganisation }: Fields): unknown => {
  if (signIn === "organisation") return { organisationId: text(signInOrganisation) ?? "" };
  return signIn === "anybody" ? {} : undefined;
};

/** The field that shows a part of a policy, where it has another name than the part. */
const FIELD_OF: Record<string, string> = {
  "hsts.maxAgeSeconds": "hstsMaxAge",
  "maintenance.message": "maintenanceMessage",
  "maintenance.retryAfterSeconds": "maintenanceRetryAfter",
  "maintenance.except": "maintenanceExcept",
  "rateLimit.requests": "rateRequests",
  "rateLimit.windowSeconds": "rateWindow",
  "rateLimit.per": "ratePer",
  "basicAuth.realm": "realm",
  basicAuth: "user0",
  "signIn.organisationId": "signInOrganisation",
};

/** Parts of lists are shown by one field: the message says which line. */
const LIST = /^(redirects|allow|maintenance\.except)\.(\d+)/;
const USER = /^basicAuth\.users\.(\d+)\.(name|password)$/;

const atField = ({ path, message }: FieldIssue, users: readonly User[]): FieldIssue => {
  const [, user, part] = USER.exec(path) ?? [];
  if (user !== undefined) {
    const row = users[Number(user)]?.row ?? 0;
    return { path: part === "name" ? `user${row}` : `password${row}`, message };
  }
  const [, list, index] = LIST.exec(path) ?? [];
  if (list === undefined) return { path: FIELD_OF[path] ?? path, message };
  return { path: FIELD_OF[list] ?? list, message: `line ${Number(index) + 1} ${message}` };
};

/**
 * Runs `save` with what a form says. What is refused is told at the form's own fields, every line that is wrong included.
 *
 * @throws {DomainError} as `save` does, and invalid
 */
export const withPolicyOf = async <T>(fields: Fields, save: (policy: PolicyInput) => Promise<T>): Promise<T> => {
  const users = usersOf(fields);
  try {
    return await save(parseForm(PolicyInput, policyOf(fields, users)));
  } catch (err) {
    if (!(err instanceof DomainError) || err.issues.length === 0) throw err;
    const byField = Map.groupBy(
      err.issues.map((issue) => atField(issue, users)),
      ({ path }) => path,
    );
    const issues = [...byField].map(([path, same]) => ({
      path,
      message: same.map(({ message }) => message).join("; "),
    }));
    throw new DomainError(err.code, err.message, { cause: err, issues });
  }
};
