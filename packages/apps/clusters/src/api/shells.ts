import type { Handlers } from "@homeport/kit/http/api.ts";
import { type SocketRoute, socketRoute } from "@homeport/kit/http/socket.ts";
import type { Pipes } from "@homeport/kit/pipe/pipe.ts";
import { MAX_TERMINAL_DATA_BYTES, TERMINAL_WINDOW_BYTES } from "@homeport/kit/terminal-frames.ts";
import { z } from "zod";
import type { contract } from "../contract.ts";
import { log } from "../log.ts";
import type { ClustersDeps } from "../service/deps.ts";
import { admitAgent, closeShell, keepShellAlive, openShell } from "../service/shells.ts";
import { MAX_SHELLS } from "../shell.ts";
import { nodeOf } from "./agent.ts";

export const shellHandlers = (deps: ClustersDeps): Handlers<typeof contract.shells> => ({
  open: (_context, input) => openShell(deps, input),
  close: async (_context, { shellId }) => ({ closed: await closeShell(deps, shellId) }),
});

/**
 * The agent's end of a shell. Whoever asked for it may be connected to any other instance of any app, so this one only
 * passes frames on into the pipe that the asker opened: their two ends bound what is underway (terminal-frames.ts).
 */
export const agentShellSocket = (deps: ClustersDeps, pipes: Pipes): SocketRoute =>
  socketRoute({
    path: "/api/v1/clusters/agent/shells/:shell",
    action: "agent:shell",
    resource: "platform",
    summary: "Be the node's end of a shell",
    input: z.object({ shell: z.string().max(60) }),
    incoming: z.never(),
    outgoing: z.never(),
    binary: true,
    onOverflow: "close",
    limits: {
      perPrincipal: MAX_SHELLS,
      messageBytes: MAX_TERMINAL_DATA_BYTES + 1,
      // Keys come one by one, and each is answered with two messages.
      messagesPerSecond: 4_000,
      queuedMessages: TERMINAL_WINDOW_BYTES,
    },
    async open(socket, context) {
      const { shell } = context.input;
      await admitAgent(deps, shell, nodeOf(context));
      const pipe = await pipes.open(shell, "answerer", (frame) => socket.sendBinary(frame));
      const rest = keepShellAlive(deps, shell);
      void pipe.ended.then(({ code, reason }) => socket.close(code, reason.slice(0, 100)));
      return {
        binary: (frame) => pipe.send(frame),
        async closed(code) {
          rest();
          pipe.end(code, code === 1012 ? "The platform restarts: connect again." : "The node's agent is gone.");
          await closeShell(deps, shell).catch((err: unknown) => log.warn({ err }, "a shell that ended stays counted"));
        },
      };
    },
  });
