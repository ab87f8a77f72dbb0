import { expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { webhookHeaders } from "./webhook-signature.ts";

const AT = new Date(1_614_265_330_000);

/** The example of the Standard Webhooks specification and its libraries' tests. */
test("a call is signed as Standard Webhooks says", () => {
  const secret = new Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  expect(webhookHeaders(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", AT, '{"test": 2432232314}')).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

test("a secret of any other form is its own key, and without one nothing is signed", () => {
  const signed = (secret: string) => webhookHeaders(new Secret(secret), "1", AT, "{}")["webhook-signature"];
  expect(signed("hush")).toBe(signed(`whsec_${Buffer.from("hush").toString("base64")}`));
  expect(signed("hush")).not.toBe(signed("hush!"));
  expect(webhookHeaders(null, "1", AT, "{}")).toEqual({ "webhook-id": "1", "webhook-timestamp": "1614265330" });
});
