import { isCode, type Token } from "../tokens.ts";
import type { Finding, SourceRule } from "./rule.ts";

const SHELLS = /^(\/(usr\/)?bin\/)?(sh|bash|dash|ash|zsh)$/;
const COMMAND_FLAG = /^-[a-z]*c$/;

/** Lines that tenants write are for a shell by definition: one of their own, in the sandbox of a build or in a container. */
const USER_COMMANDS = new Set([
  "packages/runner/src/sandbox/user-command.ts",
  "packages/apps/deployments/src/one-off-command.ts",
]);

/** R4 of the security rules: a value can never become a command, because no command is ever a string. */
export const noShell: SourceRule = {
  name: "no-shell",
  instead: 'Run an argv array with Bun.spawn, values of users after "--".',
  exempt: (path) => USER_COMMANDS.has(path),
  find: ({ tokens, imports }) => [
    ...tokens.flatMap((token, i) => findAt(token, tokens, i)),
    ...imports
      .filter(({ specifier }) => specifier === "shelljs" || specifier === "execa")
      .map(({ line, specifier }) => ({ line, problem: `${specifier} runs shell strings.` })),
  ],
};

const findAt = (token: Token, tokens: readonly Token[], i: number): Finding[] => {
  const next = tokens[i + 1];
  if (isCode(token, "Bun") && isCode(next, ".") && isCode(tokens[i + 2], "$")) return found(token, "Bun.$");
  if (isCode(token, "$") && next?.kind === "template" && !isCode(tokens[i - 1], ".")) return found(token, "The $ tag");
  if (isCode(token, "shell") && isCode(next, ":") && isCode(tokens[i + 2], "true")) return found(token, "shell: true");
  if (isCode(token, "execSync") || (isCode(token, "exec") && fromChildProcess(tokens))) {
    return isCode(next, "(") && !isCode(tokens[i - 1], ".") ? found(token, `${token.text}()`) : [];
  }
  if (token.kind !== "string" || !SHELLS.test(token.text)) return [];
  const flag = tokens.slice(i + 1, i + 4).find(({ kind }) => kind === "string");
  return flag !== undefined && COMMAND_FLAG.test(flag.text) ? found(token, `"${token.text}", "${flag.text}"`) : [];
};

const fromChildProcess = (tokens: readonly Token[]): boolean =>
  tokens.some(({ kind, text }) => kind === "string" && /^(node:)?child_process$/.test(text));

const found = ({ line }: Token, what: string): Finding[] => [{ line, problem: `${what} runs a shell string.` }];
