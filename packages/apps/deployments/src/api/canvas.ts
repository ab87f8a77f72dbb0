import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "@homeport/kit/principal.ts";
import type { canvas as contract } from "../contract/canvas.ts";
import type { CanvasParts } from "../service/canvas-parts.ts";
import { projectOf } from "../service/loaders.ts";
import { outcomeToWire, stateToWire } from "./canvas-wire.ts";

export const canvasHandlers = ({ canvas, writer, rooms }: CanvasParts): Handlers<typeof contract> => ({
  get: async (context, { environment: reference }) => {
    const project = projectOf(context);
    const environment = await canvas.environment(project, reference);
    return stateToWire(await canvas.state(project, environment.id), await rooms.people(project), environment);
  },
  operate: async (context, { client, operations }) => {
    const project = projectOf(context);
    const by = actorOf(memberOf(context));
    const outcomes = await Promise.all(operations.map((operation) => writer.apply(project, { operation, client, by })));
    const wire = outcomes.map(outcomeToWire);
    const [only] = wire;
    // Alone, it is what the request was: a failure is the request's.
    if (wire.length === 1 && only?.refused) {
      const { code, message, conflict } = only.refused;
      throw new DomainError(code, message, conflict === undefined ? {} : { details: conflict });
    }
    return { outcomes: wire };
  },
});
