import { z } from "zod";

/** A reference of a variable that leads nowhere, in a circle, or to more text than fits. */
export const ReferenceProblem = z.object({
  service: z.string(),
  environment: z.string(),
  variable: z.string(),
  /** As it is written: `${{api.URL}}`. */
  reference: z.string(),
  problem: z.enum(["missing", "cycle", "too_large"]),
  /** From the variable to what is missing or where it closes the circle: `web.API`, `api.URL`. */
  path: z.array(z.string()),
});
