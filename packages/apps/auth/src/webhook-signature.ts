import { createHmac } from "node:crypto";
import type { Secret } from "@homeport/kit/secret.ts";

const PREFIX = "whsec_";

/** The headers that Standard Webhooks asks for (standardwebhooks.com, version 1); without a secret it is not signed. */
export const webhookHeaders = (secret: Secret | null, id: string, at: Date, body: string): Record<string, string> => {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp };
  if (secret === null) return headers;
  const mac = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { ...headers, "webhook-signature": `v1,${mac}` };
};

const keyOf = (secret: Secret): Buffer => {
  const text = secret.reveal();
  return text.startsWith(PREFIX) ? Buffer.from(text.slice(PREFIX.length), "base64") : Buffer.from(text);
};
