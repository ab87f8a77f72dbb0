import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { SecretGroup } from "../secret-group.ts";
import type { Service } from "../service.ts";
import { listItems } from "../store/secret-items.ts";
import { listVariables } from "../store/variables.ts";
import { openVariable } from "./env.ts";
import { openItem } from "./secret-seals.ts";

type Subject = { kind: string; id: string; organisationId: string; projectId: string; slug: string };

/** The one way for a stored value to a person. That it was told is in the audit log before it is. */
export const createReveals = (sql: Sql, keys: Keyring) => {
  const record = (subject: Subject, names: string[]): Promise<void> =>
    audit(sql, {
      app: "deployments",
      action: "secret:reveal",
      organisationId: subject.organisationId,
      projectId: subject.projectId,
      subject: { kind: subject.kind, id: subject.id, name: subject.slug },
      after: { names },
    });

  return {
    /** Items of a group; all of them unless named. @throws {DomainError} not_found, when one of the named is not there */
    async group(group: SecretGroup, names?: string[]): Promise<Record<string, Secret>> {
      const items = pick(await listItems(sql, group), names);
      await record(
        { ...group, kind: "secret-group" },
        items.map(({ name }) => name),
      );
      return Object.fromEntries(items.map(({ name, sealed }) => [name, openItem(keys, group, name, sealed)]));
    },

    /** Variables of a service's own. @throws {DomainError} not_found, when one of them is not there */
    async variables(service: Service, names: string[]): Promise<Record<string, Secret>> {
      const variables = pick(await listVariables(sql, service.workloadId), names);
      await record(
        { ...service, kind: "service" },
        variables.map(({ name }) => name),
      );
      return Object.fromEntries(variables.map((each) => [each.name, openVariable(keys, service, each)]));
    },
  };
};

export type Reveals = ReturnType<typeof createReveals>;

const pick = <T extends { name: string }>(all: T[], names: string[] | undefined): T[] => {
  if (names === undefined) return all;
  const missing = names.find((wanted) => !all.some(({ name }) => name === wanted));
  if (missing !== undefined) throw new DomainError("not_found", `There is no ${missing}.`);
  return all.filter(({ name }) => names.includes(name));
};
