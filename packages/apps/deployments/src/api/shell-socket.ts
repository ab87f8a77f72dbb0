import { type SocketRoute, socketRoute } from "@homeport/kit/http/socket.ts";
import { MAX_TERMINAL_DATA_BYTES, TERMINAL_WINDOW_BYTES } from "@homeport/kit/terminal-frames.ts";
import { z } from "zod";
import { ShellSocketInput } from "../contract/shell.ts";
import { serviceOf } from "../service/loaders.ts";
import type { Shells } from "../service/shells.ts";

/** A terminal in a replica of a service. The protocol is in references/deployments.md. */
export const shellSocket = (shells: Shells): SocketRoute =>
  socketRoute({
    path: "/api/v1/deployments/projects/:project/services/:service/shell",
    action: "replica:shell",
    resource: "service",
    summary: "Work in a replica through a terminal",
    input: ShellSocketInput,
    incoming: z.never(),
    outgoing: z.never(),
    binary: true,
    onOverflow: "close",
    limits: {
      perPrincipal: 10,
      messageBytes: MAX_TERMINAL_DATA_BYTES + 1,
      // Keys come one by one, and programs that ask the terminal something get its answers so too.
      messagesPerSecond: 1_000,
      queuedMessages: TERMINAL_WINDOW_BYTES,
    },
    async open(socket, context) {
      const { replica, columns, rows, command } = context.input;
      const shell = await shells.open(
        serviceOf(context),
        { replica, columns, rows, command },
        {
          show: (frame) => socket.sendBinary(frame),
          drained: () => socket.drained(),
          close: (code, reason) => socket.close(code, reason),
          signal: socket.signal,
        },
      );
      return { binary: (frame) => shell.send(frame), closed: () => shell.end() };
    },
  });
