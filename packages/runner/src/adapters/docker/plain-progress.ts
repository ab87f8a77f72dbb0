import type { LineSink } from "../../ports.ts";

/** What `docker build --progress plain` prints, as lines for people; steps run side by side, so each line names its own. */
export type PlainProgress = {
  take(line: string): void;
  /** The step that failed and the last it printed; before that, nothing. */
  lastStep(): { name: string | null; lines: string[] };
  /** What the client says went wrong, below everything else. */
  lastWords(): string;
};

const LAST_LINES = 50;
/** Enough for any Dockerfile; later steps are shown without their names. */
const MAX_STEPS = 2_000;

const HEAD = /^#(\d+) (?:\[(?!internal\])[^\]]*\] )(.+)$/;
const OUTPUT = /^#(\d+) \d+\.\d+ (.*)$/;
/** What comes after output that does not end with a new line. */
const GLUED = /#(\d+) DONE \d+\.\ds$/;
const CACHED = /^#(\d+) CACHED$/;
const ERROR = /^#(\d+) ERROR: /;
const FINAL = /^(error: |ERROR: )?(failed to solve|executor failed|failed to |error )/;

const MAX_WORDS = 4_000;

type Step = { name: string; lines: string[] };

export const plainProgress = (onLine: LineSink): PlainProgress => {
  const steps = new Map<string, Step>();
  let failed: Step | null = null;
  let words = "";
  const stepOf = (id = ""): Step => {
    const step = steps.get(id) ?? { name: "", lines: [] };
    if (steps.size < MAX_STEPS) steps.set(id, step);
    return step;
  };
  return {
    take(line) {
      const output = OUTPUT.exec(line);
      if (output !== null) {
        const [, id, printed = ""] = output;
        const text = printed.replace(GLUED, (end, of) => (of === id ? "" : end));
        const { lines } = stepOf(id);
        lines.push(text);
        if (lines.length > LAST_LINES) lines.shift();
        onLine("stdout", text);
        return;
      }
      const head = HEAD.exec(line);
      if (head !== null) {
        const step = stepOf(head[1]);
        if (step.name === "") onLine("stdout", head[2] ?? "");
        step.name = head[2] ?? "";
        return;
      }
      const cached = CACHED.exec(line);
      if (cached !== null) onLine("stdout", `${stepOf(cached[1]).name} (unchanged, taken from cache)`);
      const error = ERROR.exec(line);
      if (error !== null) failed = stepOf(error[1]);
      if (words === "" && !FINAL.test(line)) return;
      words = `${words} ${line}`.trim().slice(0, MAX_WORDS); // a command of several lines is told as it is
    },
    lastStep: () => ({ name: failed?.name ?? null, lines: failed?.lines ?? [] }),
    lastWords: () => words.replace(/^(error|ERROR): /, ""),
  };
};
