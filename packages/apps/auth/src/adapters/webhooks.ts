import { safeFetch } from "@homeport/kit/egress/safe-fetch.ts";
import type { Webhooks } from "../ports.ts";

/** Webhooks over kit's client for addresses that people set. */
export const httpWebhooks = (allowPrivate: boolean): Webhooks => ({
  async post(url, headers, body) {
    const { status } = await safeFetch(url, { method: "POST", headers, body, allowPrivate });
    return status;
  },
});
