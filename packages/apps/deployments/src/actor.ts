export { type Actor, actorOf } from "@homeport/kit/principal.ts";
