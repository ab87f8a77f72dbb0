import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { expectAccessible, screenshot } from "@homeport/kit/test/browser.ts";
import { type Stage, setStage } from "./stage.ts";

setDefaultTimeout(60_000);

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

describe("policies", () => {
  const stored = async (host: string) =>
    (await stage.app.json("GET", `/api/v1/traffic/policies/${host}`, stage.app.home.headers("owner"))).body.policy;

  test("are listed, in every look", async () => {
    await stage.look("/admin/gateway/policies", "policies-empty");
    const page = await stage.open("/admin/gateway/policies");
    await page.getByRole("textbox", { name: "Host" }).fill("not a host");
    await page.keyboard.press("Enter");
    await page.getByText("Must be a host name, *.name, or (platform)").first().waitFor();
    expect(await page.getByRole("textbox", { name: "Host" }).inputValue()).toBe("not a host");
    await page.close();
    const owner = stage.app.home.headers("owner");
    const policy = {
      redirects: [{ from: "/old/*", to: "/new/*" }],
      maintenance: {},
      rateLimit: { requests: 100, windowSeconds: 60 },
      basicAuth: { users: [{ name: "ada", password: "correct horse" }] },
      compress: true,
    };
    for (const host of ["busy.example", "*.busy.example"])
      await stage.app.json("PUT", `/api/v1/traffic/policies/${host}`, owner, policy);
    await stage.look("/admin/gateway/policies", "policies");
    await stage.look("/admin/gateway/policies/busy.example", "policy");
    await stage.look("/admin/gateway/policies/(platform)", "policy-platform");
  });

  test("are made with the keyboard alone; what is refused stays, with what is wrong", async () => {
    const page = await stage.open("/admin/gateway/policies");
    await page.getByRole("textbox", { name: "Host" }).fill("*.Form.Example");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/policies\/\*\.form\.example$/);
    const field = (name: string) => page.locator(`main [name=${name}]`);
    await field("redirects").fill("/a /b\nnowhere /c");
    await field("allow").fill("192.0.2.0/24");
    await field("user0").fill("ada");
    await field("maintenance").press("Space");
    await page.getByRole("button", { name: "Save policy" }).press("Enter");
    const errors = page.locator("[data-hp-errors]");
    await errors.getByRole("link", { name: /^Line 2 must be a path/ }).press("Enter");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("redirects");
    expect(await field("redirects").inputValue()).toBe("/a /b\nnowhere /c");
    expect(await field("maintenance").isChecked()).toBe(true);
    await screenshot(page, "traffic-policy-refused");
    await expectAccessible(page);

    await field("redirects").fill("/a /b");
    await page.getByRole("button", { name: "Save policy" }).press("Enter");
    await errors.getByText("Ada has no password yet; give one").waitFor();
    await field("password0").fill("correct horse");
    await field("maxBodyBytes").fill("lots");
    await page.getByRole("button", { name: "Save policy" }).press("Enter");
    await errors.getByText("Type it again").waitFor();
    expect(await page.content()).not.toContain("correct horse");
    await field("maxBodyBytes").fill("");
    await field("password0").fill("correct horse");
    await page.getByRole("button", { name: "Save policy" }).press("Enter");
    await page.waitForURL(/\/policies$/);
    expect(await stored("*.form.example")).toEqual({
      redirects: [{ from: "/a", to: "/b", status: 308 }],
      allow: ["192.0.2.0/24"],
      maintenance: { retryAfterSeconds: 300, except: [] },
      basicAuth: { realm: "Restricted", users: [{ name: "ada" }] },
    });
    await page.close();
  });

  test("that somebody else changed meanwhile are not overwritten", async () => {
    const owner = stage.app.home.headers("owner");
    const page = await stage.open("/admin/gateway/policies/both.example");
    await stage.app.json("PUT", "/api/v1/traffic/policies/both.example", owner, { sticky: true });
    await page.locator("[name=compress]").check();
    await page.getByRole("button", { name: "Save policy" }).click();
    await page.getByText("was changed by somebody else meanwhile").waitFor();
    expect(await stored("both.example")).toEqual({ sticky: true });
    await page.close();
  });

  test("are removed after a question", async () => {
    await stage.app.json("PUT", "/api/v1/traffic/policies/asked.example", stage.app.home.headers("owner"), {
      sticky: true,
    });
    const page = await stage.open("/admin/gateway/policies/asked.example");
    await page.locator('hp-island[name="confirm"][data-started]').waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Remove policy" }).press("Enter");
    await page.getByRole("dialog", { name: "Remove the policy of asked.example?" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("dialog").getByRole("button", { name: "Remove policy" }).press("Enter");
    await page.waitForURL(/\/policies$/);
    expect(await stored("asked.example")).toBeUndefined();
    await page.close();
  });

  test("are not for everybody", async () => {
    for (const path of ["/admin/gateway", "/admin/gateway/policies", "/admin/gateway/policies/shop.example"]) {
      expect((await stage.app.request(path, { headers: stage.app.home.headers("admin") })).status).toBe(404);
      expect((await stage.app.request(path, { headers: { accept: "text/html" } })).status).toBe(303);
    }
    const missing = await stage.app.request("/admin/gateway/policies/a..b", {
      headers: stage.app.home.headers("owner"),
    });
    expect(missing.status).toBe(404);
  });

  test("are removed without scripts, too, after one question more", async () => {
    const owner = stage.app.home.headers("owner");
    await stage.app.json("PUT", "/api/v1/traffic/policies/gone.example", owner, { sticky: true });
    const page = await stage.open("/admin/gateway/policies/gone.example", { javaScriptEnabled: false });
    await page.getByRole("button", { name: "Remove policy" }).click();
    await page.getByRole("heading", { name: "Remove the policy of gone.example?" }).waitFor();
    expect((await stage.app.json("GET", "/api/v1/traffic/policies/gone.example", owner)).status).toBe(200);
    await page.getByRole("button", { name: "Remove policy" }).click();
    await page.waitForURL(/\/policies$/);
    expect((await stage.app.json("GET", "/api/v1/traffic/policies/gone.example", owner)).status).toBe(404);
    await page.close();
  });
});
