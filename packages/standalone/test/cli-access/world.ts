import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CliOptions, type CliResult, runCli, startCli } from "../../../cli/test/run-cli.ts";
import { type MatrixPlatform, startMatrixPlatform } from "../matrix/platform.ts";

const PASSWORD = "correct horse battery";

/** Somebody with a browser and a token, both in the organisation that they joined. */
export type Somebody = { email: string; cookie: string; token: string };

/** Every app for real, Ada as the first admin of it, and the command line as processes of their own. */
export type CliWorld = {
  platform: MatrixPlatform;
  url: string;
  /** A folder for files of a test. */
  dir: string;
  ada: Somebody;
  /** Joins Ada's organisation by an invite. */
  join(email: string, role: string): Promise<Somebody>;
  /** A token of theirs, made in the browser. */
  token(cookie: string, scopes: string[]): Promise<string>;
  /** Runs it as whoever has the token; without one as nobody, with the login that is saved in `configDir`. */
  cli(args: string[], token?: string, options?: CliOptions): Promise<CliResult>;
  start(args: string[], configDir: string): ReturnType<typeof startCli>;
  /** The JSON document that it prints, when it succeeds. */
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts on what came back
  json(args: string[], token?: string): Promise<any>;
  /** Sends a form of the auth app as a browser does. */
  submit(path: string, cookie: string, fields: Record<string, string>): Promise<number>;
  stop(): Promise<void>;
};

export const startCliWorld = async (): Promise<CliWorld> => {
  const platform = await startMatrixPlatform();
  const url = platform.platform.config.gatewayUrl;
  const dir = mkdtempSync(join(tmpdir(), "hp-cli-"));
  const post = async (path: string, body: unknown, cookie = "") => {
    const headers = { "content-type": "application/json", ...(cookie === "" ? {} : { cookie }) };
    const answer = await platform.send("auth", "POST", `/api/v1/auth${path}`, headers, JSON.stringify(body));
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.body}`);
    return { body: JSON.parse(answer.body), cookie: (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "" };
  };
  const token = async (cookie: string, scopes: string[]): Promise<string> =>
    (await post("/tokens", { name: "a test", scopes }, cookie)).body.token;
  const somebody = async (email: string, cookie: string): Promise<Somebody> => ({
    email,
    cookie,
    token: await token(cookie, ["*"]),
  });
  const setupToken = readFileSync(join(platform.platform.config.dataDir, "setup-token"), "utf8").trim();
  const first = { email: "ada@example.com", name: "Ada", password: PASSWORD };
  const ada = await somebody(first.email, (await post("/setup", { token: setupToken, ...first })).cookie);
  const cli: CliWorld["cli"] = (args, as, options = {}) => {
    const env = as === undefined ? {} : { HOMEPORT_URL: url, HOMEPORT_TOKEN: as };
    return runCli(args, { cwd: dir, env, ...options });
  };
  return {
    platform,
    url,
    dir,
    ada,
    async join(email, role) {
      const { body } = await post("/invites", { email, role }, ada.cookie);
      const accepted = { token: new URL(body.link).searchParams.get("token"), name: "Somebody", password: PASSWORD };
      return somebody(email, (await post("/invites/accept", accepted)).cookie);
    },
    token,
    cli,
    start: (args, configDir) => startCli(args, { cwd: dir, configDir }),
    async json(args, as = ada.token) {
      const { code, stdout, stderr } = await cli([...args, "--json"], as);
      if (code !== 0) throw new Error(`homeport ${args.join(" ")}: exit ${code}, ${stderr}`);
      return JSON.parse(stdout);
    },
    async submit(path, cookie, fields) {
      const headers = { "content-type": "application/x-www-form-urlencoded", cookie };
      return (await platform.send("auth", "POST", path, headers, `${new URLSearchParams(fields)}`)).status;
    },
    async stop() {
      await platform.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
