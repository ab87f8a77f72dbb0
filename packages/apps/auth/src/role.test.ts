import { expect, test } from "bun:test";
import { ROLES } from "@homeport/kit/principal.ts";
import { mayManage } from "./role.ts";

test("owners manage everybody, admins everybody but owners, the others nobody", () => {
  const managed = (own: (typeof ROLES)[number]) => ROLES.filter((role) => mayManage(own, role));
  expect(managed("owner")).toEqual([...ROLES]);
  expect(managed("admin")).toEqual(ROLES.filter((role) => role !== "owner"));
  for (const own of ["auditor", "deployer", "developer", "viewer", "member"] as const) expect(managed(own)).toEqual([]);
});
