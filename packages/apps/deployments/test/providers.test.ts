import { describe, expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { PROVIDERS } from "../src/adapters/providers/all.ts";
import { HOOK_PROVIDERS } from "../src/hook.ts";
import { BODIES, commitId, deliveryOf, headersFor, NO_COMMIT, type Told } from "./deliveries.ts";

const [A, B] = [commitId("a"), commitId("b")];
const pushOf = (provider: (typeof HOOK_PROVIDERS)[number], told: Told) =>
  PROVIDERS[provider].read(deliveryOf(provider, BODIES[provider](told))).push;

for (const provider of HOOK_PROVIDERS) {
  describe(provider, () => {
    const { verify, deliveryIdOf, read } = PROVIDERS[provider];
    const [right, wrong] = [new Secret("right"), new Secret("wrong")];

    test("a delivery is proved by its secret, by any of two, and by no other", () => {
      const delivery = deliveryOf(provider, BODIES[provider]({ branch: "main" }), { secret: "right" });
      expect(verify(delivery, [right])).toBe(true);
      expect(verify(delivery, [wrong, right])).toBe(true);
      expect(verify(delivery, [wrong])).toBe(false);
      expect(verify(delivery, [])).toBe(false);
      expect(verify({ ...delivery, headers: new Headers() }, [right])).toBe(false);
    });

    test("what is no signature at all is refused like a wrong one", () => {
      for (const text of ["", "sha256=", "sha1=abc", "x".repeat(5000), `sha256=${"g".repeat(64)}`, "sha256=abc"]) {
        const headers = new Headers(
          Object.fromEntries(
            ["x-hub-signature-256", "x-gitea-signature", "x-forgejo-signature", "x-gitlab-token"].map((n) => [n, text]),
          ),
        );
        expect(verify({ headers, body: Buffer.from("{}") }, [right])).toBe(false);
      }
    });

    test("a delivery has the id that its server gave it", () => {
      expect(deliveryIdOf(deliveryOf(provider, {}, { id: "delivery-1" }))).toBe("delivery-1");
    });

    test("a push is the commit the branch is at, what it touched, and where it came from", () => {
      const push = pushOf(provider, {
        branch: "feature/x",
        before: A,
        after: B,
        message: "Why\n",
        files: [["a/b.ts"], ["c.ts", "a/b.ts"]],
      });
      const expected = { kind: "branch", branch: "feature/x", commit: B, before: A, headMessage: "Why\n" };
      expect(push).toMatchObject(expected);
      expect(push.kind === "branch" && [...(push.paths ?? [])].sort()).toEqual(
        provider === "generic" ? ["a/b.ts", "a/b.ts", "c.ts"] : ["a/b.ts", "c.ts"],
      );
    });

    test("a branch that is deleted is gone", () => {
      const isTold = provider === "gitea" || provider === "forgejo";
      const body = isTold
        ? { ref: "old", ref_type: "branch", pusher_type: "user", repository: { full_name: "shop/api" } }
        : BODIES[provider]({ branch: "old", after: NO_COMMIT });
      const { push } = read(deliveryOf(provider, body, { event: isTold ? "delete" : "push" }));
      expect(push).toEqual({ kind: "branch_deleted", branch: "old" });
    });

    test("a tag is a tag", () => {
      const body = { ...BODIES[provider]({ branch: "x" }), ref: "refs/tags/v1", object_kind: "tag_push" };
      const { object_kind: _, ...plain } = body;
      const { push } = read(deliveryOf(provider, provider === "gitlab" ? body : plain));
      expect(push).toEqual({ kind: "tag", tag: "v1" });
    });

    test("a ref of neither kind deploys nothing", () => {
      const body = { ...BODIES[provider]({ branch: "x" }), ref: "refs/notes/commits" };
      expect(read(deliveryOf(provider, body)).push).toMatchObject({ kind: "other" });
    });

    test("what is no delivery is refused with a sentence", () => {
      const bad = ["", "null", "[]", "{", '{"ref":1}', `{"ref":"refs/heads/a\\u0000b","before":"${A}","after":"${B}"}`];
      for (const text of bad) {
        const delivery = { headers: new Headers(headersFor(provider, text, "s", "id")), body: Buffer.from(text) };
        expect(() => read(delivery)).toThrow(/delivery/);
      }
    });
  });
}

for (const provider of ["github", "gitlab", "gitea", "forgejo"] as const) {
  describe(`what ${provider} does not tell of a push is not known`, () => {
    const pathsOf = (told: Partial<Told>) => {
      const push = pushOf(provider, { branch: "main", ...told });
      return push.kind === "branch" ? push.paths : "no branch";
    };
    const commits = (count: number) => Array.from({ length: count }, (_, i) => [`file-${i}`]);

    test("of a branch that was just made", () => expect(pathsOf({ before: NO_COMMIT })).toBeNull());
    test("of a merge of more commits than are listed", () =>
      expect(pathsOf({ files: commits(provider === "github" ? 2048 : 25), total: 25 })).toBeNull());
    test("of a push without commits", () => expect(pathsOf({ files: [] })).toBeNull());
    test("but of a merge whose commits are all there it is", () =>
      expect(pathsOf({ files: commits(4) })).toHaveLength(4));
  });
}

test("of a push that rewrote history, GitHub lists the new commits only: what it touched is not known", () => {
  expect(pushOf("github", { branch: "main", forced: true })).toMatchObject({ isForced: true, paths: null });
});

test("GitHub greets a new webhook with a ping", () => {
  const delivery = deliveryOf("github", { zen: "Design for failure.", hook_id: 1 }, { event: "ping" });
  expect(PROVIDERS.github.read(delivery).push).toEqual({ kind: "ping" });
});

test("GitHub's deliveries may be forms", () => {
  const body = new URLSearchParams({ payload: JSON.stringify(BODIES.github({ branch: "main" })) }).toString();
  const headers = new Headers({
    ...headersFor("github", body, "s", "id"),
    "content-type": "application/x-www-form-urlencoded",
  });
  expect(PROVIDERS.github.verify({ headers, body: Buffer.from(body) }, [new Secret("s")])).toBe(true);
  expect(PROVIDERS.github.read({ headers, body: Buffer.from(body) }).push).toMatchObject({ branch: "main" });
});

test("GitLab's id of a delivery that is tried again is the one that stays", () => {
  const headers = new Headers({ "x-gitlab-event-uuid": "event", "idempotency-key": "key" });
  expect(PROVIDERS.gitlab.deliveryIdOf({ headers, body: Buffer.from("") })).toBe("key");
});
