import { DomainError, invariant } from "@homeport/kit/errors.ts";
import type { ScopeName } from "../change.ts";
import { storeReferences } from "../reference.ts";
import type { VariableScope } from "../scope.ts";
import { MAX_VARIABLES, MAX_VARIABLES_BYTES } from "../variable.ts";
import { type Applying, meant, type StoredOp, type Value } from "./applying.ts";
import { idsByName, keptOf } from "./owner-names.ts";
import {
  getEnvironment,
  getGroup,
  getService,
  getWorkload,
  nameOfScope,
  type ProjectState,
  variableKey,
} from "./project-state.ts";

/** @throws {DomainError} not_found */
export const scopeOf = (applying: Applying, scope: ScopeName): VariableScope => {
  const { state } = applying;
  switch (scope.kind) {
    case "project":
      return { kind: "project", id: state.project.id };
    case "environment":
      return { kind: "environment", id: getEnvironment(state, meant(applying, scope.environment)).id };
    case "group":
      return { kind: "group", id: getGroup(state, meant(applying, scope.group)).id };
    case "service":
      return { kind: "service", id: getService(state, meant(applying, scope.service)).id };
    case "workload": {
      const workload = getWorkload(state, meant(applying, scope.service), meant(applying, scope.environment));
      return { kind: "workload", id: workload.id };
    }
  }
};

export const setVariable = (
  applying: Applying,
  { scope: wanted, name }: StoredOp<"variable.set" | "variable.generate">,
  given: Value,
): void => {
  invariant(given !== null, "a variable is set to a value");
  const { state } = applying;
  const scope = scopeOf(applying, wanted);
  const key = variableKey(scope.id, name);
  const text = storeReferences(given.reveal(), idsByName(state));
  const before = state.variables.get(key);
  const version = before?.version ?? 1;
  state.variables.set(key, { scope, name, ...keptOf(text), version, updatedAt: null, isEdited: true });
  refuseTooMany(state, scope);
};

export const unsetVariable = (applying: Applying, { scope: wanted, name }: StoredOp<"variable.unset">): void => {
  const { state } = applying;
  const scope = scopeOf(applying, wanted);
  if (!state.variables.delete(variableKey(scope.id, name))) {
    throw new DomainError("not_found", `There is no variable ${name} of ${nameOfScope(state, scope)}.`);
  }
};

const refuseTooMany = (state: ProjectState, scope: VariableScope): void => {
  const own = [...state.variables.values()].filter((each) => each.scope.id === scope.id);
  const what = scope.kind === "workload" ? "A service" : `${nameOfScope(state, scope)}`;
  if (own.length > MAX_VARIABLES) {
    throw new DomainError("invalid", `${capital(what)} has at most ${MAX_VARIABLES} variables.`);
  }
  const bytes = own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes <= MAX_VARIABLES_BYTES) return;
  const whose = scope.kind === "workload" ? "a service" : nameOfScope(state, scope);
  throw new DomainError("invalid", `The variables of ${whose} may hold ${MAX_VARIABLES_BYTES / 1024} KiB together.`);
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
