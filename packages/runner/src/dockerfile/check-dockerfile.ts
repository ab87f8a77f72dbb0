import { expand } from "./expand.ts";
import { isImageName, type OwnImages, objectionTo } from "./image-name.ts";
import type { Dockerfile, Instruction } from "./instruction.ts";
import { readDockerfile } from "./read-dockerfile.ts";
import { refuse } from "./refuse.ts";
import { remoteSourceOf } from "./remote-source.ts";
import { bare } from "./words.ts";

/** The makers' own frontends: others are programs of anybody's, which would read the file instead of the builder. */
const FRONTEND = /^(docker\.io\/)?docker\/dockerfile(:1(\.\d{1,3}){0,2})?(@sha256:[0-9a-f]{64})?$/;

export type Rules = OwnImages & {
  /** Arguments that the builder is given, by which the file's own may be replaced. */
  buildArgs: Readonly<Record<string, string>>;
};

/**
 * What a Dockerfile may not ask for, because it would not stay in the build's own container: rights, the machine's
 * network, frontends of others, what the engine fetches by itself, images of others. Inside of that container anything
 * may be run.
 *
 * @throws {BuildFailure} dockerfile_refused, dockerfile_invalid
 */
export const checkDockerfile = ({ syntax, instructions }: Dockerfile, rules: Rules): void => {
  if (syntax !== null && !FRONTEND.test(syntax)) {
    throw refuse.notAllowed(
      1,
      `the frontend "${syntax.slice(0, 100)}". Only docker/dockerfile:1 and its versions are used.`,
    );
  }
  const stages = new Set<string>();
  const args = new Map<string, string>();
  for (const instruction of instructions) {
    checkInstruction(instruction, { rules, stages, args });
    // Should a builder not take it for a text, it is as harmless.
    for (const document of instruction.documents) {
      for (const inner of readDockerfile(neutral(document)).instructions) {
        checkInstruction({ ...inner, line: instruction.line }, { rules, stages: new Set(stages), args: new Map(args) });
      }
    }
  }
};

type Scope = { rules: Rules; stages: Set<string>; args: Map<string, string> };

const checkInstruction = (instruction: Instruction, scope: Scope): void =>
  CHECKS.get(instruction.keyword)?.(instruction, scope);

/** Of the lines before the first FROM; those of stages do not reach FROM, and knowing more of them does no harm. */
const takeArg = ({ rest }: Instruction, { rules, args }: Scope): void => {
  for (const word of rest.split(/\s+/)) {
    const [name = "", ...value] = bare(word).split("=");
    const given = rules.buildArgs[name];
    const known = expand(value.join("="), args);
    if (given !== undefined) args.set(name, given);
    else if (value.length > 0) args.set(name, known ?? "$");
  }
};

const checkFrom = ({ line, flags, rest }: Instruction, { rules, stages, args }: Scope): void => {
  const flag = flags.find(({ name }) => name !== "platform");
  if (flag !== undefined) throw refuse.invalid(line, `FROM has no option --${flag.name.slice(0, 60)}`);
  const [written = "", as = "", stage] = rest.split(/\s+/);
  const name = expand(bare(written), args);
  if (name === null)
    throw refuse.notAllowed(
      line,
      "FROM with a variable that is not plain. Builders know $NAME, and braces with a default.",
    );
  checkImage(line, name, { rules, stages });
  if (as.toUpperCase() === "AS" && stage !== undefined) stages.add((expand(stage, args) ?? stage).toLowerCase());
};

const checkImage = (line: number, name: string, { rules, stages }: Pick<Scope, "rules" | "stages">): void => {
  if (name === "scratch" || stages.has(name.toLowerCase())) return;
  if (!isImageName(name)) throw refuse.invalid(line, `"${name.slice(0, 100)}" is no name of an image`);
  const objection = objectionTo(name, rules);
  if (objection !== null) throw refuse.notAllowed(line, objection);
};

/** Images that `--from` and mounts take files from. A number is a stage. */
const checkImages = ({ line, flags }: Instruction, scope: Scope): void => {
  for (const { name, value } of flags) {
    const images = name === "from" ? [value] : name === "mount" ? mountImages(value) : [];
    for (const image of images) {
      if (image.includes("$"))
        throw refuse.notAllowed(line, "an image that is named by a variable. Name a stage instead.");
      if (!/^\d{1,3}$/.test(image)) checkImage(line, image, scope);
    }
  }
};

const mountImages = (mount: string): string[] =>
  mount.split(",").flatMap((field) => /^\s*from\s*=(.*)$/i.exec(field)?.[1]?.trim() ?? []);

const RUN_OPTIONS: Readonly<Record<string, RegExp>> = {
  network: /^(default|none)$/i,
  security: /^sandbox$/i,
  mount: /^(?!.*\btype\s*=\s*ssh\b)/i,
};

const checkRun = (instruction: Instruction, scope: Scope): void => {
  const { line, flags } = instruction;
  for (const { name, value } of flags) {
    if (RUN_OPTIONS[name]?.test(value) === true) continue;
    const asked = `RUN --${name}=${value}`.slice(0, 100);
    throw refuse.notAllowed(
      line,
      `${asked}. A step has its own container, without rights, sockets and networks of the machine.`,
    );
  }
  checkImages(instruction, scope);
};

/** The engine itself fetches what ADD names, from where the machine is: past the walls of the build. */
const checkAdd = (instruction: Instruction, scope: Scope): void => {
  const { line, rest } = instruction;
  const source = remoteSourceOf(rest);
  if (source !== null) {
    throw refuse.notAllowed(
      line,
      `ADD ${source.slice(0, 100)}. Fetch it in a RUN step (curl, git), or copy files of the source with COPY.`,
    );
  }
  checkImages(instruction, scope);
};

/** What builds that start from this image will do, each in its own turn. */
const checkLater = ({ line, rest }: Instruction, scope: Scope): void => {
  for (const inner of readDockerfile(neutral(rest)).instructions) checkInstruction({ ...inner, line }, scope);
};

/** Comments at the top would be directives. */
const neutral = (text: string): string => `\n${text}`;

const CHECKS: ReadonlyMap<string, (instruction: Instruction, scope: Scope) => void> = new Map([
  ["ARG", takeArg],
  ["FROM", checkFrom],
  ["RUN", checkRun],
  ["COPY", checkImages],
  ["ADD", checkAdd],
  ["ONBUILD", checkLater],
]);
