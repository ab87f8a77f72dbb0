import type { LineSink } from "../../ports.ts";
import { LineSplitter } from "../../run/line-splitter.ts";
import { decodeTrace } from "./buildkit-trace.ts";
import type { Progress } from "./progress.ts";

/** Turns the engine's progress into lines for people, and remembers the end of the step that failed. */
export type BuildOutput = {
  take(progress: Progress): void;
  /** What the step that failed, or the one that ran last, was and printed. */
  lastStep(): { name: string | null; lines: string[] };
};

const LAST_LINES = 50;

/** The classic builder prints its own bookkeeping between the output of commands. */
const BOOKKEEPING =
  /^( ---> |Removing intermediate container |Successfully (built|tagged) |\[Warning\] One or more build-args)/;

/** One step after the other; a step starts with `Step 2/5 : RUN …`. */
export const classicOutput = (onLine: LineSink): BuildOutput => {
  let name: string | null = null;
  let lines: string[] = [];
  const splitter = new LineSplitter((line) => {
    if (line === " ---> Using cache") onLine("stdout", "(unchanged, taken from cache)");
    if (line.trim() === "" || BOOKKEEPING.test(line)) return;
    const step = /^Step \d+\/\d+ : (.*)$/.exec(line);
    if (step === null) keepLast(lines, line);
    else [name, lines] = [step[1] ?? "", []];
    onLine("stdout", line);
  });
  const encoder = new TextEncoder();
  return {
    take: ({ stream, status, id }) => {
      if (stream !== undefined) splitter.push(encoder.encode(stream));
      else if (status !== undefined && id === undefined) onLine("stdout", status);
    },
    lastStep: () => ({ name, lines }),
  };
};

type Step = { name: string; lines: string[]; stdout: LineSplitter; stderr: LineSplitter; shown: Set<string> };

/** Enough for any Dockerfile; later steps are shown without their names. */
const MAX_STEPS = 2_000;

/** Steps run side by side. */
export const buildKitOutput = (onLine: LineSink): BuildOutput => {
  const steps = new Map<string, Step>();
  let failed: Step | null = null;
  const stepOf = (id: string): Step => {
    const known = steps.get(id);
    if (known !== undefined) return known;
    const lines: string[] = [];
    const show = (stream: "stdout" | "stderr") => (line: string) => {
      keepLast(lines, line);
      onLine(stream, line);
    };
    const step = {
      name: "",
      lines,
      stdout: new LineSplitter(show("stdout")),
      stderr: new LineSplitter(show("stderr")),
      shown: new Set<string>(),
    };
    if (steps.size < MAX_STEPS) steps.set(id, step);
    return step;
  };
  const say = (step: Step, text: string): void => {
    if (!step.shown.has(text)) onLine("stdout", text); // the same state comes again and again
    step.shown.add(text);
  };
  return {
    take({ id, aux }) {
      if (id !== "moby.buildkit.trace" || typeof aux !== "string") return;
      const { steps: changed, output } = decodeTrace(aux);
      for (const { id: stepId, name, cached, started, completed, error } of changed) {
        const step = stepOf(stepId);
        step.name = name;
        if (error !== "") failed = step;
        if (name.startsWith("[internal]") || name === "copy /context /") continue;
        if (cached) say(step, `${name} (unchanged, taken from cache)`);
        else if (started && !completed) say(step, name);
      }
      for (const { stepId, isError, text } of output) stepOf(stepId)[isError ? "stderr" : "stdout"].push(text);
      for (const { id: stepId, completed } of changed) if (completed) endOf(stepOf(stepId));
    },
    lastStep: () => ({ name: failed?.name.replace(/^\[[^\]]*\] /, "") ?? null, lines: failed?.lines ?? [] }),
  };
};

const endOf = ({ stdout, stderr }: Step): void => {
  stdout.end();
  stderr.end();
};

const keepLast = (lines: string[], line: string): void => {
  lines.push(line);
  if (lines.length > LAST_LINES) lines.shift();
};
