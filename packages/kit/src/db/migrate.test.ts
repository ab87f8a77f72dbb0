import { expect, test } from "bun:test";
import { testDatabase } from "../../test/database.ts";
test("x", async () => {
  await using db = await testDatabase([{ app: "shop", jobs: true }]);
  const sql = db.connect("shop");
  expect((await sql`select current_user as u, current_schema() as s`)[0]).toEqual({ u: "hp_shop", s: "shop" });
});
test("y", async () => {
  const t = performance.now();
  await using db = await testDatabase([{ app: "shop", jobs: true }]);
  console.log(performance.now() - t);
});
