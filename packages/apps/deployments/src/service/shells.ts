import { audit } from "@homeport/kit/audit/audit.ts";
import { currentCall, runInCall } from "@homeport/kit/audit/call.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { createLogger } from "@homeport/kit/log.ts";
import type { Pipes } from "@homeport/kit/pipe/pipe.ts";
import { createTerminalFlow } from "@homeport/kit/terminal-flow.ts";
import { decodeFrame, encodeFrame } from "@homeport/kit/terminal-frames.ts";
import type { Service } from "../service.ts";
import {
  type ReplicaShells,
  type Screen,
  SHELL_CLOSE,
  SHELL_TIMES,
  type ShellPlace,
  type ShellTimes,
  type WantedShell,
} from "../shell.ts";
import { serviceEntry } from "./audit-entry.ts";

const log = createLogger("shells");

const RESTART = 1012;

export type PersonsShell = {
  /** A frame of the person. Waits while the node does not take it. @throws {DomainError} invalid */
  send(frame: Uint8Array): Promise<void>;
  /** Their connection has ended. */
  end(): Promise<void>;
};

type Parts = { sql: Sql; pipes: Pipes; replicas: ReplicaShells; times?: ShellTimes };

/** People's terminals in replicas. That one is opened is in the audit log before anything of it is shown. */
export const createShells = ({ sql, pipes, replicas, times = SHELL_TIMES }: Parts) => ({
  /** @throws {DomainError} conflict, when no such replica runs; rate_limited; unavailable, when its node does not come */
  async open(service: Service, wanted: WantedShell, screen: Screen): Promise<PersonsShell> {
    const id = Bun.randomUUIDv7();
    const call = currentCall();
    const flow = createTerminalFlow(screen.signal);
    const recorded = Promise.withResolvers<void>();
    const startedAt = Date.now();
    let activeAt = startedAt;
    let exitCode: number | null = null;
    let isOver = false;

    const finish = (code: number, reason: string): void => {
      isOver = true;
      screen.close(code, reason);
    };
    const fail = (code: string, message: string, closeCode: number = SHELL_CLOSE.lost): void => {
      if (isOver) return;
      screen.show(encodeFrame({ kind: "error", code, message }));
      finish(closeCode, message.slice(0, 100));
    };
    const show = async (frame: Uint8Array): Promise<void> => {
      const heard = isOver ? null : decodeFrame(frame);
      if (heard?.kind === "data") {
        screen.show(frame);
        await screen.drained();
        pipe.send(encodeFrame({ kind: "taken", bytes: heard.bytes.length }));
      } else if (heard?.kind === "exit") {
        exitCode = heard.code;
        screen.show(frame);
        await screen.drained();
        finish(SHELL_CLOSE.ended, "The shell has ended.");
      } else if (heard?.kind === "error") fail(heard.code, heard.message);
    };
    /** One after the other, and nothing before the audit log has it. The node's window bounds what waits. */
    let showing: Promise<void> = recorded.promise;
    const pipe = await pipes.open(id, "asker", (frame) => {
      activeAt = Date.now();
      const heard = decodeFrame(frame);
      if (heard?.kind === "taken") flow.taken(heard.bytes);
      else showing = showing.then(() => show(frame)).catch((err: unknown) => log.error({ err }, "a shell broke"));
    });
    void pipe.ended.then(({ code, reason }) => {
      showing = showing.then(() => {
        if (isOver) return;
        if (code === RESTART) finish(code, reason);
        else fail("node_gone", "The connection to the node was lost.");
      });
    });

    const record = (place: ShellPlace, after: Record<string, unknown>): Promise<void> => {
      const { replica, replicaId, nodeId, releaseNumber: release } = place;
      const entry = {
        ...serviceEntry("replica:shell", service),
        after: { ...after, replica, replicaId, release, nodeId },
      };
      return call === null ? audit(sql, entry) : runInCall(call, () => audit(sql, entry));
    };
    const recordEnd = async (place: ShellPlace): Promise<void> => {
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      await record(place, { state: "closed", shell: id, seconds, exitCode });
    };

    let place: ShellPlace | null = null;
    try {
      place = await replicas.open(id, service.workloadId, wanted);
      const program = wanted.command?.[0];
      await record(place, { state: "opened", shell: id, ...(program === undefined ? {} : { program }) });
      recorded.resolve();
      await Promise.race([pipe.joined, Bun.sleep(times.joinMs)]);
      if (!(await isSettled(pipe.joined))) {
        throw new DomainError("unavailable", `The node did not come within ${times.joinMs / 1000} seconds.`);
      }
    } catch (err) {
      isOver = true;
      pipe.end(SHELL_CLOSE.lost, "Nobody waits any more.");
      recorded.resolve();
      if (place !== null) {
        await replicas
          .close(id)
          .catch((cause: unknown) => log.warn({ err: cause }, "a shell stays counted for a minute"));
        await recordEnd(place);
      }
      throw err;
    }
    const opened = place;
    const watching = setInterval(
      () => {
        const now = Date.now();
        if (now - startedAt > times.longestMs)
          fail("too_long", "A shell may be open for four hours.", SHELL_CLOSE.tooLong);
        else if (now - activeAt > times.idleMs) fail("idle", "Nothing happened for 15 minutes.", SHELL_CLOSE.tooLong);
      },
      Math.min(5_000, times.idleMs / 4),
    );

    return {
      async send(frame) {
        const typed = decodeFrame(frame);
        if (typed?.kind !== "data" && typed?.kind !== "size") {
          throw new DomainError("invalid", "Messages of a terminal are what is typed (0), and its size (1).");
        }
        activeAt = Date.now();
        if (typed.kind === "size" || (await flow.admit(typed.bytes.length))) pipe.send(frame);
      },
      async end() {
        isOver = true;
        clearInterval(watching);
        pipe.end(1000, "The person is gone.");
        await recordEnd(opened);
      },
    };
  },
});

export type Shells = ReturnType<typeof createShells>;

const isSettled = async (promise: Promise<void>): Promise<boolean> =>
  (await Promise.race([promise.then(() => true), Bun.sleep(0).then(() => false)])) === true;
