import { z } from "zod";

/**
 * What a token is narrowed to: actions, and where. `*`, `noun:*` or `noun:verb`; after an `@` one project of the
 * organisation, or one environment of it: `deployment:*@project/<id>`, `*@project/<id>/environment/<id>`.
 */
export type Scope = { actions: string; projectId: string | null; environmentId: string | null };

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const WORD = "[a-z][a-z-]{0,39}";
const SCOPE = new RegExp(`^(\\*|${WORD}:(?:\\*|${WORD}))(?:@project/(${UUID})(?:/environment/(${UUID}))?)?$`);

/** The text of a scope, as tokens carry it. */
export const TokenScope = z
  .string()
  .max(200)
  .regex(SCOPE, "use *, noun:* or noun:verb, and where: @project/<id> or @project/<id>/environment/<id>");

/** How the refusal begins of what is never implied; the command line says where to get a token that names it. */
export const NOT_NAMED = "This needs a token whose scopes name";

/** Null for what is no scope: it covers nothing. */
export const parseScope = (text: string): Scope | null => {
  const match = SCOPE.exec(text);
  if (match?.[1] === undefined) return null;
  return { actions: match[1], projectId: match[2] ?? null, environmentId: match[3] ?? null };
};

/** Whether the part before the `@` (`*`, `project:*`, `project:read`) covers an action. */
export const coversAction = (actions: string, action: string): boolean =>
  actions === "*" || actions === action || (actions.endsWith(":*") && action.startsWith(actions.slice(0, -1)));

type Place = { projectId?: string | null | undefined; environmentId?: string | null | undefined };

/** Whether something is in the part of the organisation that a scope is for. */
export const coversPlace = (scope: Scope, place: Place): boolean =>
  (scope.projectId === null || scope.projectId === place.projectId) &&
  (scope.environmentId === null || scope.environmentId === place.environmentId);

/** Whether one of `others` covers everything that `scope` covers. */
export const isWithin = (scope: string, others: readonly string[]): boolean => {
  const wanted = parseScope(scope);
  if (wanted === null) return false;
  return others.some((text) => {
    const other = parseScope(text);
    if (other === null || !coversPlace(other, wanted)) return false;
    return other.actions === "*" || other.actions === wanted.actions || coversWhole(other.actions, wanted.actions);
  });
};

const coversWhole = (actions: string, wanted: string): boolean => wanted !== "*" && coversAction(actions, wanted);
