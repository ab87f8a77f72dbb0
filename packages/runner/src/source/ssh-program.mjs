// What git starts as its ssh (GIT_SSH): the real one, with the configuration beside this file. git can be told a program
// but no arguments for it, except in a line that it gives to a shell. The program takes this process over: nothing of it
// stays, and its environment is what is listed here.
import { join } from "node:path";

const { PATH = "", GIT_PROTOCOL = "" } = process.env;
const ssh = Bun.which("ssh", { PATH });
if (ssh === null) {
  console.error("ssh: there is no such program");
  process.exit(127);
}
const config = join(import.meta.dir, "ssh_config");
process.execve(ssh, [ssh, "-F", config, ...process.argv.slice(2)], { PATH, LC_ALL: "C", GIT_PROTOCOL });
