import { expect, test } from "bun:test";
import { as, member, PEOPLE, serverWith } from "../../test/notes-server.ts";
import type { Grant, MemberPrincipal } from "../principal.ts";
import type { RawContext } from "./routes.ts";

const [SHOP, BLOG] = ["0199f000-0000-7000-8000-000000000011", "0199f000-0000-7000-8000-000000000012"];
const OTHER_ORGANISATION = "0199f000-0000-7000-8000-000000000013";
const inProject = (projectId: string | undefined): Grant => ({
  role: "viewer",
  projectId: projectId ?? "",
  environmentId: null,
});
const granted = (...grants: Grant[]): MemberPrincipal => ({ ...member("member", ["*"]), grants });

/** What a stream that somebody has opened hears after they have become somebody else. */
const askedAgain = async (before: MemberPrincipal, after: MemberPrincipal): Promise<boolean> => {
  let open: RawContext | undefined;
  const server = serverWith({
    app: { id: "notes", name: "Notes", version: "1", actions: { "note:read": { roles: ["owner", "viewer"] } } },
    contract: {},
    handlers: {},
    routes: [
      {
        method: "GET",
        path: "/stream",
        action: "note:read",
        resource: "projects",
        handle: async (context) => {
          open = context;
          return Response.json({});
        },
      },
    ],
  });
  PEOPLE.hp_stream = before;
  expect((await server.request("/stream", { headers: as("hp_stream") })).status).toBe(200);
  PEOPLE.hp_stream = after;
  return (await open?.mayStill()) ?? false;
};

const rows: { name: string; before: MemberPrincipal; after: MemberPrincipal; may: boolean }[] = [
  { name: "goes on for who is the same", before: member("viewer"), after: member("viewer"), may: true },
  {
    name: "goes on for who is told their projects in another order",
    before: granted(inProject(SHOP), inProject(BLOG)),
    after: granted(inProject(BLOG), inProject(SHOP)),
    may: true,
  },
  {
    name: "ends for who lost one of two projects, and would still be sent what happens in it",
    before: granted(inProject(SHOP), inProject(BLOG)),
    after: granted(inProject(SHOP)),
    may: false,
  },
  {
    name: "ends for who has roles in projects now and none in the organisation",
    before: member("viewer"),
    after: granted(inProject(SHOP)),
    may: false,
  },
  {
    name: "ends for who works in another organisation now",
    before: member("viewer"),
    after: { ...member("viewer"), organisationId: OTHER_ORGANISATION },
    may: false,
  },
];
for (const { name, before, after, may } of rows) {
  test(`what was opened ${name}`, async () => {
    expect(await askedAgain(before, after)).toBe(may);
  });
}
