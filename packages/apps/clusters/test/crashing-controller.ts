import { connectApp } from "@homeport/kit/db/connect.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { testKeyring } from "@homeport/kit/test/keyring.ts";
import { createController } from "../src/service/controller.ts";
import { createSignals } from "../src/signal.ts";

/** A process of its own that does what is due at one moment, unless it dies at a crashpoint before. */
const [url, secret, now] = process.argv.slice(2);
if (url === undefined || secret === undefined || now === undefined) throw new Error("url, secret and now are needed");
const sql = connectApp({ url: new Secret(url), app: "clusters", secret: new Secret(secret), max: 2 });
const clock = () => new Date(now);
const deps = { sql, clock, signals: createSignals(), keys: testKeyring() };
const gateways = { lowestRevision: async () => null, traffic: async () => ({ gateways: [] }) };
await createController(deps, gateways).stepDue();
process.exit(0);
