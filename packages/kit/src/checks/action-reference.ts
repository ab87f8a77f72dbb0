import type { ActionRule, Policy } from "../authorize.ts";
import { PROJECT_ROLES, ROLES, type Role } from "../principal.ts";
import type { DeclaredApp } from "./apps.ts";
import { checkGenerated, type Generated, markdownTable } from "./generated.ts";
import type { Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** references/actions.md lists exactly who may do what, as the manifests say it. */
export const checkActions = (tree: Tree, apps: readonly DeclaredApp[]): Violation[] =>
  checkGenerated(tree, "action-reference", actionReference(apps));

export const actionReference = (apps: readonly DeclaredApp[]): Generated => {
  const sections = apps.flatMap(({ manifest }) =>
    manifest === null ? [] : [sectionOf(manifest.name, manifest.actions)],
  );
  return { file: "references/actions.md", marker: "actions", content: sections.join("\n") };
};

const sectionOf = (name: string, actions: Policy): string => {
  const rows = Object.entries(actions).map(([action, rule]) => [`\`${action}\``, whoOf(rule), conditionsOf(rule)]);
  return `## ${name}\n\n${markdownTable(["action", "who", "besides"], rows)}`;
};

const whoOf = (rule: ActionRule): string => {
  if (rule.public === true) return "everybody";
  const parts = [
    ...(rule.roles === undefined ? [] : [rolesText(rule.roles)]),
    ...(rule.instance === undefined ? [] : [`instance ${rule.instance.join(", ")}`]),
    ...(rule.kinds === undefined ? [] : [rule.kinds.map((kind) => `the platform's ${kind}s`).join(", ")]),
  ];
  return parts.length === 0 ? "nobody" : parts.join("; ");
};

const rolesText = (roles: readonly Role[]): string => {
  if (ROLES.every((role) => roles.includes(role))) return "every member";
  if ([...PROJECT_ROLES, "owner" as const, "auditor" as const].every((role) => roles.includes(role))) {
    return "every role but member";
  }
  return roles.join(", ");
};

const conditionsOf = (rule: ActionRule): string =>
  [
    ...(rule.people === true ? ["people only"] : []),
    ...(rule.dangerous === true ? ["dangerous"] : []),
    ...(rule.protectedRoles === undefined ? [] : [`in a protected environment: ${rule.protectedRoles.join(", ")}`]),
  ].join("; ");
