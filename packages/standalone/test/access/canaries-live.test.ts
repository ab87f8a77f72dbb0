import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contractRows } from "@homeport/kit/contract.ts";
import { closeSql, connectAdmin } from "@homeport/kit/db/connect.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { connectValkey } from "@homeport/kit/valkey.ts";
import { loadApps } from "../../src/app-list.ts";
import { smallServer, writeFiles } from "../e2e/repositories.ts";
import { ALLOWED_IN_ANSWERS, type Exception, findingsOf } from "./allowed.ts";
import { type Canaries, createCanaries, createFinder } from "./canary.ts";
import { crawl } from "./crawl.ts";
import { type RequestHeaders, setupTokenOf } from "./house.ts";
import { LINKS, linkTo, pageOf } from "./links.ts";
import { appsVariable, filePieces, type LivePlatform, livePlatform, processPieces } from "./live-platform.ts";
import { type Mailbox, startMailbox } from "./mailbox.ts";
import { makeMistakes } from "./mistakes.ts";
import { databasePieces, type Piece, valkeyPieces } from "./places.ts";
import { plantAda, plantBob } from "./plant-accounts.ts";
import { plantProject, plantSettings } from "./plant-secrets.ts";
import type { Field } from "./planting.ts";

const MINUTE = 60_000;

/** What references/security.md says is in clear, with its sentence. */
const ALLOWED: readonly Exception[] = [
  {
    place: /^file app-secret$/,
    canary: /^APP_SECRET$/,
    why: "A standalone platform keeps it in <data>/app-secret (mode 0600).",
  },
  {
    place: /^file homeport\.log$/,
    canary: /^setup token$/,
    why: "The first account is made with a one-time token from the server's disk; bin/up prints its link. Used up by now.",
  },
  {
    place: /^process (gateway|apps)\.pid environ$/,
    canary: /^APP_SECRET$/,
    why: "Both processes are told their configuration in their environment, which their own user and root can read.",
  },
  {
    place: /^file agent\//,
    canary: /^(variable|secret)/,
    why: "On the node they are readable by whoever is the agent's user or root: in <data>/agent/desired.json; with the process engine also in the replica's record and launch file.",
  },
];

/** Pages of every app that name nothing, as people open them. */
const PAGES = [
  "/",
  "/projects",
  "/nodes",
  "/registry",
  "/account",
  "/organisation",
  "/admin/settings",
  "/admin/gateway",
];

let live: LivePlatform;
let mailbox: Mailbox;
let canaries: Canaries;
let heard: Piece[];
let ada: RequestHeaders;
let find: ReturnType<typeof createFinder>;

beforeAll(async () => {
  live = await livePlatform();
  const started = await live.up();
  if (started.code !== 0) throw new Error(`bin/up: ${started.stderr}`);
  mailbox = await startMailbox();
  canaries = createCanaries();
  heard = [];
  canaries.note("APP_SECRET", readFileSync(join(live.dataDir, "app-secret"), "utf8").trim());
  const field: Field = { ask: live.ask, canaries, mailbox, heard };
  const planted = await plantAda(field, setupTokenOf(live.dataDir));
  const { apiToken, named } = planted;
  ada = planted.ada;
  await plantSettings(field, ada);
  await plantBob(field, ada);
  const things = await plantProject(field, ada);
  await deploy(apiToken);
  await makeMistakes(field, ada);
  const rows = (await loadApps()).flatMap(({ manifest, contract }) =>
    contractRows(contract).map(({ method, path }) => ({
      app: manifest.id,
      method,
      path: `/api/v1/${manifest.id}${path}`,
    })),
  );
  const pages = PAGES.map((path) => ({ app: "dashboard", method: "GET", path }));
  heard.push(...(await crawl({ ask: live.ask, rows: [...rows, ...pages] }, ada, { ...named, ...things })).pieces);
  find = createFinder(canaries.all);
}, 6 * MINUTE);
afterAll(async () => {
  await live?.stop();
  await mailbox?.stop();
}, MINUTE);

/** Runs the service, so that its variables and secrets go all the way to the node. */
const deploy = async (token: string): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), "hp-folder-"));
  writeFiles(dir, smallServer("one"));
  const args = ["deploy", dir, "--project", "shop", "--service", "api", "--wait", "--json"];
  const { code, stdout, stderr } = await live.cli(token, args);
  rmSync(dir, { recursive: true });
  if (code !== 0) throw new Error(`homeport deploy: ${stdout}${stderr}`);
};

test(
  "no secret is in a file, a log or the database's files, but where it is said to be",
  async () => {
    const log = readFileSync(join(live.dataDir, "homeport.log"), "utf8");
    expect(log).toContain('"level":"debug"'); // otherwise there was nothing to look through
    expect(await findingsOf(find, filePieces(live.dataDir), ALLOWED)).toEqual([]);
  },
  2 * MINUTE,
);

test("no secret is in a command line or an environment, but where it is said to be", async () => {
  expect([...processPieces(live.dataDir)]).toHaveLength(10);
  expect(await findingsOf(find, processPieces(live.dataDir), ALLOWED)).toEqual([]);
});

test("no secret is in an answer that came through the gateway", async () => {
  expect(await findingsOf(find, heard, ALLOWED_IN_ANSWERS)).toEqual([]);
});

test(
  "no secret of a link is in the list of the last requests",
  async () => {
    const { ask } = live;
    for (const link of LINKS) {
      const secret = canaries.make(`secret of the link ${link}`);
      // Asked until it is listed: of requests without fault the gateway keeps a sample.
      const status = await waitFor(
        async () => {
          await ask("GET", linkTo(link, secret));
          const { body } = await ask("GET", "/api/v1/traffic/status", { headers: ada });
          return body.includes(`"${pageOf(link)}`) && body;
        },
        { timeoutMs: 20_000 },
      );
      expect(createFinder(canaries.all)(Buffer.from(status))).toEqual([]);
    }
  },
  MINUTE,
);

test(
  "what is in the path of a request is in that list, so that the search could find a secret there",
  async () => {
    const secret = canaries.make("secret in a path");
    const found = await waitFor(
      async () => {
        await live.ask("GET", `/nothing/${secret}`);
        const { body } = await live.ask("GET", "/api/v1/traffic/status", { headers: ada });
        return createFinder(canaries.all)(Buffer.from(body)).length > 0;
      },
      { timeoutMs: 20_000 },
    );
    expect(found).toBe(true);
  },
  MINUTE,
);

test(
  "no secret is in the database or in Valkey, where the gateway writes, too",
  async () => {
    const admin = connectAdmin(new Secret(appsVariable(live.dataDir, "DATABASE_URL")), { max: 1 });
    const valkey = connectValkey(appsVariable(live.dataDir, "REDIS_URL"));
    try {
      expect(await findingsOf(find, databasePieces(admin))).toEqual([]);
      expect(await valkey.dbsize()).toBeGreaterThan(0);
      expect(await findingsOf(find, valkeyPieces(valkey))).toEqual([]);
    } finally {
      valkey.disconnect();
      await closeSql(admin);
    }
  },
  MINUTE,
);

test(
  "the search finds what it is told to leave out, and what is put into a file on purpose",
  async () => {
    const known = await findingsOf(find, filePieces(live.dataDir));
    expect(known.filter((each) => each.startsWith("file app-secret: APP_SECRET"))).toHaveLength(1);
    expect(known.filter((each) => each.startsWith("file agent/desired.json: variable"))).not.toEqual([]);
    const environ = await findingsOf(find, processPieces(live.dataDir));
    expect(environ).toContain("process apps.pid environ: APP_SECRET (plain)");
    const token = canaries.all.find(({ name }) => name === "API token")?.value ?? "";
    writeFileSync(join(live.dataDir, "control.log"), `GET /?token=${token}\n`);
    const all = await waitFor(() => findingsOf(find, filePieces(live.dataDir)));
    expect(all).toContain("file control.log: API token (plain)");
    rmSync(join(live.dataDir, "control.log"));
  },
  2 * MINUTE,
);
