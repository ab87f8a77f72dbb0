/**
 * Commands that people write as one line: build commands, start commands, scripts of package.json. They are shell lines
 * by definition, and this file is the one place that makes a shell run them. They only ever run inside the sandbox of a
 * build or of a workload.
 */

/** Where dependencies put their programs, below the project's folder. */
const NODE_TOOLS = ["node_modules/.bin"];

/** Tools that dependencies bring are found by their names, as `npm run` does it. */
const withTools = (folders: readonly string[]): string[] =>
  folders.length === 0 ? [] : [`PATH="${folders.map((folder) => `$PWD/${folder}:`).join("")}$PATH"`];

/** A step of a build: runs the line to its end. */
export const buildLine = (line: string, tools = NODE_TOOLS as readonly string[]): string[] =>
  shell([...withTools(tools), line].join("\n"));

export type StartLineOptions = {
  /** Runs first and has to succeed. */
  before?: string | undefined;
  tools?: readonly string[];
};

/** The process of a workload. A plain command replaces the shell, so that it gets SIGTERM itself. */
export const startLine = (line: string, { before, tools = NODE_TOOLS }: StartLineOptions = {}): string[] => {
  const lines = before === undefined ? [] : ["set -e", `( ${before} )`];
  return shell([...withTools(tools), ...lines, withExec(line.trim())].join("\n"));
};

/**
 * A command whose variables are read from files first, `/run/secrets/<name>`: a builder of images mounts them there and
 * sets none. The names are those of variables, so that they are no words of a shell's; newlines at the end of a value
 * are lost.
 */
export const withMountedSecrets = (argv: readonly string[], names: readonly string[]): string[] => {
  const exports = names.map((name) => `export ${name}="$(cat /run/secrets/${name})"`);
  return [...shell([...exports, 'exec "$@"'].join("; ")), "sh", ...argv];
};

const shell = (script: string): string[] => ["/bin/sh", "-c", script];

/** Anything that makes a line more than one command. Quotes are not looked into: not replacing the shell is no error. */
const COMPOUND = /[;&|\n(){}`]/;
const SHELL_WORDS =
  /^(exec|cd|export|set|unset|\.|source|eval|trap|if|for|while|until|case|!|:|true|false|test|\[)(\s|$)/;
const ASSIGNMENTS = /^(?:[A-Za-z_][A-Za-z0-9_]*=(?:"[^"]*"|'[^']*'|[^\s"']*)(?:\s+|$))*/;

const withExec = (line: string): string => {
  const assignments = ASSIGNMENTS.exec(line)?.[0] ?? "";
  const command = line.slice(assignments.length);
  if (command === "" || COMPOUND.test(line) || SHELL_WORDS.test(command)) return line;
  return `${assignments}exec ${command}`;
};
