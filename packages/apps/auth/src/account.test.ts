import { describe, expect, test } from "bun:test";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";
import { fateOf } from "./account.ts";

const rows: { name: string; role: Role; others: number; owners: number; projects: number; fate: string }[] = [
  {
    name: "nobody else is in and that has no projects goes",
    role: "owner",
    others: 0,
    owners: 0,
    projects: 0,
    fate: "goes",
  },
  {
    name: "nobody else is in and that has projects holds",
    role: "owner",
    others: 0,
    owners: 0,
    projects: 1,
    fate: "holds",
  },
  {
    name: "has other members and no other owner holds",
    role: "owner",
    others: 3,
    owners: 0,
    projects: 0,
    fate: "holds",
  },
  { name: "has another owner stays", role: "owner", others: 1, owners: 1, projects: 4, fate: "stays" },
  { name: "they were a member of stays", role: "viewer", others: 1, owners: 1, projects: 4, fate: "stays" },
];

describe("when somebody goes, an organisation that", () => {
  for (const { name, role, others, owners, projects, fate } of rows) {
    test(name, () => {
      const tie = { id: "o" as OrganisationId, slug: "o", otherMembers: others, otherOwners: owners, projects };
      expect(fateOf(role, tie)).toBe(fate as ReturnType<typeof fateOf>);
    });
  }
});
