import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { GATEWAY_STATUS_KEYS } from "@homeport/kit/registry/keys.ts";
import { expectAccessible, screenshot } from "@homeport/kit/test/browser.ts";
import { busyReports } from "./busy-reports.ts";
import { report, reportOf, routeOf, targetOf } from "./reports.ts";
import { type Stage, setStage, textOf } from "./stage.ts";

setDefaultTimeout(60_000);

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
beforeEach(async () => {
  const { valkey } = stage.app.platform;
  const left = await valkey.keys(GATEWAY_STATUS_KEYS);
  if (left.length > 0) await valkey.del(...left);
});
afterAll(() => stage.close());

/** Longer than the two seconds for the reports and the five for the navigation. */
const PAUSE_MS = 8_000;

describe("the gateway's page", () => {
  test("says that no gateway has reported, in every look", async () => {
    const page = await stage.open("/admin/gateway");
    expect(await textOf(page)).toContain("No gateway has reported yet");
    await page.close();
    await stage.look("/admin/gateway", "empty");
  });

  test("shows all there is, in every look", async () => {
    await report(stage.app.platform.valkey, ...busyReports());
    const page = await stage.open("/admin/gateway");
    const shown = await textOf(page);
    for (const part of [
      "/shop is claimed twice",
      "Give the later one another prefix or host",
      "api-shop.localhost",
      "1 ready",
      "1 ejected",
      "quiet",
      "expired",
      "9 days left",
      "harbour-2",
      "without Valkey",
    ])
      expect(shown).toContain(part);
    await page.close();
    await stage.look("/admin/gateway", "busy", async (each) => {
      await each.locator("details summary", { hasText: "ejected" }).first().click();
    });
  });

  test("brings itself up to date, keeps what is open and typed, and can be told to stop", async () => {
    const first = routeOf("first", { targets: [targetOf("one")] });
    await report(stage.app.platform.valkey, reportOf("g1", { routes: [first] }));
    const page = await stage.open("/admin/gateway");
    await page.locator('hp-island[name="poll"][data-started]').waitFor({ state: "attached" });
    await page.getByText("1 ready").click();
    await page.getByLabel("App, host or prefix").fill("half a na");
    await report(stage.app.platform.valkey, reportOf("g1", { routes: [routeOf("second"), first] }));
    await page.getByRole("row", { name: "second" }).waitFor({ timeout: 10_000 });
    expect(await page.getByLabel("App, host or prefix").inputValue()).toBe("half a na");
    expect(await page.getByText("0 in flight, weight 100").isVisible()).toBe(true);

    await page.getByRole("button", { name: "Pause updates" }).press("Enter");
    await page.getByRole("button", { name: "Resume updates" }).waitFor();
    let requests = 0;
    page.on("request", () => requests++);
    await page.clock.install();
    await page.clock.runFor(60_000);
    expect(requests).toBe(0);
    await page.close();
  });

  test("a worker that stays behind is marked, with what it lacks", async () => {
    await report(
      stage.app.platform.valkey,
      reportOf("g1", { revision: 9, tableHash: "new" }),
      reportOf("g2", { pid: 99 }),
    );
    const page = await stage.open("/admin/gateway");
    await page.getByText("taking up changes").waitFor();
    await page.getByText("harbour-1, process 99 serves another table than the others").waitFor({ timeout: 20_000 });
    expect(await textOf(page)).toContain("It is behind by 2 revisions of the routes");
    await screenshot(page, "traffic-drift");
    await expectAccessible(page);
    await page.close();
  });

  test("says that Valkey is away, and recovers by itself", async () => {
    await report(stage.app.platform.valkey, ...busyReports());
    await stage.app.platform.valkey.call("CLIENT", "PAUSE", String(PAUSE_MS), "ALL");
    const page = await stage.open("/admin/gateway");
    await page.getByText("The gateways' reports cannot be read").waitFor();
    await screenshot(page, "traffic-away");
    await expectAccessible(page);
    await page.getByText("/shop is claimed twice").waitFor({ timeout: 20_000 });
    await page.close();
  });
});

describe("without scripts", () => {
  const plain = (path: string) => stage.open(path, { javaScriptEnabled: false });

  test("routes are filtered and ordered, and the log is filtered, through the address", async () => {
    await report(stage.app.platform.valkey, ...busyReports());
    const page = await plain("/admin/gateway");
    await page.getByLabel("App, host or prefix").fill("d");
    await page.getByLabel("Order", { exact: true }).selectOption("Name");
    await page.getByRole("button", { name: "Apply" }).first().click();
    await page.waitForURL(/\?name=d&sort=name/);
    const routes = page.getByRole("table", { name: "Routes" }).locator("tbody tr");
    expect(await routes.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key")))).toEqual([
      "gateway ",
      "app deployments",
      "app docs",
      "app idle",
    ]);
    await page.getByLabel("Status", { exact: true }).selectOption("5");
    await page.getByRole("button", { name: "Apply" }).last().click();
    await page.waitForURL(/name=d&sort=name.*class=5/);
    expect(await page.getByRole("table", { name: "Requests" }).locator("tbody tr").count()).toBe(1);
    await page.goto(`http://${stage.app.host}/admin/gateway?name=nobody&sort=odd&class=9&route=-`);
    expect(await textOf(page)).toContain("No route has “nobody” in its name");
    expect(await page.getByRole("table", { name: "Requests" }).locator("tbody tr").count()).toBe(1);
    await page.close();
  });

  test("of five hundred routes a hundred are shown, and all on demand", async () => {
    const many = Array.from({ length: 500 }, (_, index) => routeOf(`app-${index}`, { requests: index }));
    await report(stage.app.platform.valkey, reportOf("g1", { routes: many, routeCount: 731 }));
    const page = await plain("/admin/gateway");
    const rows = page.getByRole("table", { name: "Routes" }).locator("tbody tr");
    expect(await rows.count()).toBe(100);
    expect(await textOf(page)).toContain("500 of the 500 busiest; there are 731 in all.");
    const link = page.getByRole("link", { name: "Show all 500" });
    await page.goto(new URL((await link.getAttribute("href")) ?? "", page.url()).href); // resolves when all rows are there; a click does when the first are
    expect(await rows.count()).toBe(500);
    await page.close();
  });
});
