import type { ApiTokens } from "./api-tokens.ts";
import type { Gates } from "./gates.ts";
import type { People } from "./people.ts";
import type { Sessions } from "./sessions.ts";
import type { Setup } from "./setup.ts";

/** What handlers and pages work with. */
export type UseCases = { setup: Setup; sessions: Sessions; tokens: ApiTokens; people: People; gates: Gates };
