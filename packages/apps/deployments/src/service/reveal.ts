import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { Project } from "../project.ts";
import { showReferences } from "../reference.ts";
import type { VariableScope } from "../scope.ts";
import type { SecretGroup } from "../secret-group.ts";
import type { Service } from "../service.ts";
import { namesById } from "../state/owner-names.ts";
import { getWorkload, nameOfScope, type ProjectState, variableKey } from "../state/project-state.ts";
import { scopeIdsOf } from "../state/resolve.ts";
import { listItems } from "../store/secret-items.ts";
import { inOneMoment, loadProject } from "./load-state.ts";
import { openItem } from "./secret-seals.ts";
import { effectiveVariables } from "./variables.ts";

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

    /** Variables that a service gets, as they were set. @throws {DomainError} not_found, when one of them is not there */
    async variables(service: Service, names: string[]): Promise<Record<string, Secret>> {
      const { state } = await inOneMoment(sql, (tx) => loadProject(tx, keys, service.projectId));
      const chosen = pick(effectiveVariables(state, service), names).map(({ name }) => name);
      await record({ ...service, kind: "service" }, chosen);
      const scopeIds = scopeIdsOf(state, getWorkload(state, service.id, service.environmentId)).reverse();
      return told(state, chosen, (name) => scopeIds.find((id) => state.variables.has(variableKey(id, name))));
    },

    /** Variables of one scope, as they were set. @throws {DomainError} not_found, when one of them is not there */
    async variablesIn(project: Project, scope: VariableScope, names: string[]): Promise<Record<string, Secret>> {
      const { state } = await inOneMoment(sql, (tx) => loadProject(tx, keys, project.id));
      const own = [...state.variables.values()].filter((each) => each.scope.id === scope.id);
      const chosen = pick(own, names).map(({ name }) => name);
      const { id, organisationId } = project;
      await record(
        { kind: scope.kind, id: scope.id, organisationId, projectId: id, slug: nameOfScope(state, scope) },
        chosen,
      );
      return told(state, chosen, () => scope.id);
    },
  };
};

export type Reveals = ReturnType<typeof createReveals>;

/** As people wrote them: what they refer to under its name of now. */
const told = (
  state: ProjectState,
  names: readonly string[],
  scopeIdOf: (name: string) => string | undefined,
): Record<string, Secret> =>
  Object.fromEntries(
    names.map((name) => {
      const value = state.variables.get(variableKey(scopeIdOf(name) ?? "", name))?.value.reveal() ?? "";
      return [name, new Secret(showReferences(value, namesById(state)))];
    }),
  );

const pick = <T extends { name: string }>(all: T[], names: string[] | undefined): T[] => {
  if (names === undefined) return all;
  const missing = names.find((wanted) => !all.some(({ name }) => name === wanted));
  if (missing !== undefined) throw new DomainError("not_found", `There is no ${missing}.`);
  return all.filter(({ name }) => names.includes(name));
};
