import { memberOf } from "@homeport/kit/http/context.ts";
import { toDomainError } from "@homeport/kit/http/problem.ts";
import { CLOSE, type SocketRoute, socketRoute } from "@homeport/kit/http/socket.ts";
import { createLogger } from "@homeport/kit/log.ts";
import { actorOf } from "@homeport/kit/principal.ts";
import type { NodeId } from "../canvas/node.ts";
import { CanvasClientMessage, CanvasServerMessage, CanvasSocketInput } from "../contract/canvas.ts";
import type { CanvasParts } from "../service/canvas-parts.ts";
import { projectOf } from "../service/loaders.ts";
import { outcomeToMessage, toldToWire } from "./canvas-wire.ts";

const log = createLogger("canvas");

/** Looking at a canvas and pointing at it are for readers; what changes it, or looks as if, is for those who may write. */
const LOOKING: readonly string[] = ["selection", "cursor"];

/** The canvas of a project, live. The protocol is in references/canvas-protocol.md. */
export const canvasSocket = ({ canvas, writer, rooms }: CanvasParts): SocketRoute =>
  socketRoute({
    path: "/api/v1/deployments/projects/:project/canvas/socket",
    action: "canvas:read",
    resource: "project",
    summary: "Look at the canvas of a project and work on it together",
    input: CanvasSocketInput,
    incoming: CanvasClientMessage,
    outgoing: CanvasServerMessage,
    actionOf: ({ type }) => (LOOKING.includes(type) ? null : "canvas:write"),
    onOverflow: "resync",
    async open(socket, context) {
      const { client, environment: reference, since } = context.input;
      const project = projectOf(context);
      const by = actorOf(memberOf(context));
      const environment = await canvas.environment(project, reference);
      const reader = { id: by.id, environment };
      const place = await rooms.join(
        project,
        {
          actor: by,
          environment,
          tell: (told) => socket.send(toldToWire(told, reader)),
          dismiss: () => socket.close(CLOSE.restart, "Connect again."),
        },
        since,
      );
      const { room, seat } = place;
      return {
        message(message) {
          switch (message.type) {
            case "selection":
              return room.people.select(seat.tab, message.nodes as NodeId[]);
            case "cursor":
              return room.people.point(seat.tab, { x: message.x, y: message.y });
            case "drag":
              return room.people.drag(
                seat.tab,
                message.positions.map((position) => ({ ...position, id: position.id as NodeId })),
              );
          }
          // Not waited for: what comes meanwhile goes into the same transaction, in this order.
          writer.apply(project, { operation: message, client, by }).then(
            (outcome) => socket.send(outcomeToMessage(outcome)),
            (err) => {
              const failure = toDomainError(err);
              if (failure.status >= 500) log.error({ err: failure, projectId: project.id }, "an operation failed");
              socket.send({ type: "error", id: message.id, code: failure.code, message: failure.message });
            },
          );
        },
        resync: () => room.again(seat),
        closed: () => rooms.leave(project, place),
      };
    },
  });
