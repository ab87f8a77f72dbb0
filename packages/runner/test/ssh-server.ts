import { existsSync, mkdirSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";

export type SshServer = {
  port: number;
  /** Of a repository of the machine: `ssh://user@127.0.0.1:port/path`. */
  urlOf(path: string): string;
  /** The server's key as known_hosts has it. */
  knownHosts: string;
  /** A private key that it lets in. */
  privateKey: string;
  stop(): Promise<void>;
};

/** A private key in OpenSSH's format, and its public half. */
export const makeKey = async (dir: string, name: string, ...options: string[]) => {
  const file = join(dir, name);
  await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", ...options, "-f", file]);
  return { file, privateKey: await Bun.file(file).text(), publicKey: (await Bun.file(`${file}.pub`).text()).trim() };
};

/** OpenSSH's own server on a random port of the loopback address, which lets the user of this process in with one key. */
export const startSshServer = async (): Promise<SshServer> => {
  const program = Bun.which("sshd", { PATH: `/usr/sbin:${process.env.PATH ?? ""}` });
  if (program === null) throw new Error("These tests need a server of ssh: apt-get install openssh-server");
  const dir = await mkdtemp(join(tmpdir(), "homeport-sshd-"));
  await chmod(dir, 0o755);
  const isRoot = process.getuid?.() === 0;
  if (isRoot && !existsSync("/run/sshd")) mkdirSync("/run/sshd", { mode: 0o755 }); // where it locks itself up
  const host = await makeKey(dir, "host");
  const client = await makeKey(dir, "client");
  await Bun.write(join(dir, "authorized_keys"), `${client.publicKey}\n`);
  const port = await freePort();
  const config = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${host.file}`,
    `AuthorizedKeysFile ${join(dir, "authorized_keys")}`,
    `PidFile ${join(dir, "pid")}`,
    "UsePAM no",
    "StrictModes no",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "AcceptEnv GIT_PROTOCOL",
    "MaxStartups 100",
  ];
  await Bun.write(join(dir, "config"), `${config.join("\n")}\n`);
  const child = Bun.spawn([program, "-D", "-e", "-f", join(dir, "config")], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: Bun.file(join(dir, "log")),
  });
  const user = Bun.spawnSync(["id", "-un"]).stdout.toString().trim(); // Bun goes by the environment for it
  const hello = () => Bun.file(join(dir, "log")).text();
  await waitFor(async () => (await hello()).includes("Server listening"), { timeoutMs: 10_000 });
  return {
    port,
    urlOf: (path) => `ssh://${user}@127.0.0.1:${port}${path}`,
    knownHosts: `[127.0.0.1]:${port} ${host.publicKey.split(" ").slice(0, 2).join(" ")}`,
    privateKey: client.privateKey,
    async stop() {
      child.kill();
      await child.exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

const run = async (argv: string[]): Promise<void> => {
  const child = Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const [errors, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (code !== 0) throw new Error(`${argv[0]}: ${errors}`);
};
