import { runInCall } from "@homeport/kit/audit/call.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { isId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { DeliveryAnswer } from "../delivery-answer.ts";
import type { Hook, HookId, HookProvider } from "../hook.ts";
import { isNamed } from "../repository-url.ts";
import type { Delivery, ReadDelivery, SourceProvider } from "../source-provider.ts";
import { answerDelivery, takeDelivery } from "../store/hook-deliveries.ts";
import { findSealedHook, type SealedHook } from "../store/hooks.ts";
import { openHookSecret } from "./source-seals.ts";
import { type PushPlace, takePush } from "./take-push.ts";

/** A delivery that a hook's secret proves. */
export type ProvenDelivery = { hook: Hook; delivery: Delivery };

/** From where a delivery came, for the audit log. */
type From = { address: string; requestId: string };

/** What an unknown hook is checked with, so that it takes as long as a wrong signature. */
const NOBODY = new Secret(crypto.randomUUID());

type Providers = Readonly<Record<HookProvider, SourceProvider>>;

export const createDeliveries = (sql: Sql, keys: Keyring, providers: Providers, wake: () => void) => ({
  /** Null for a hook that is not there and for a signature that is not its secret's: strangers do not learn which. */
  async verify(id: string, delivery: Delivery): Promise<ProvenDelivery | null> {
    const hook = isId(id) ? await findSealedHook(sql, id as HookId) : null;
    const provider = providers[hook?.provider ?? "github"];
    const isProven = provider.verify(delivery, hook === null ? [NOBODY] : secretsOf(keys, hook));
    return isProven && hook !== null ? { hook, delivery } : null;
  },

  /**
   * Does what a proven delivery asks for, once: when it comes again, its answer is the first one's.
   *
   * @throws {DomainError} invalid, for a body that is no delivery of the hook's kind
   */
  async receive({ hook, delivery }: ProvenDelivery, from: From): Promise<DeliveryAnswer> {
    const provider = providers[hook.provider];
    const deliveryId = provider.deliveryIdOf(delivery);
    if (deliveryId !== null && (deliveryId === "" || deliveryId.length > MAX_ID)) {
      throw new DomainError("invalid", `The id of the delivery must have 1 to ${MAX_ID} characters.`);
    }
    const read = provider.read(delivery);
    const actor = { kind: "hook" as const, id: hook.id, name: `Push to ${hook.repository}` };
    const { organisationId, projectId, repository } = hook;
    const place = { organisationId, projectId, repository, actor };
    // Whoever sends deliveries is nobody here: what is done is the app's deed, because of them.
    const call = { principal: { kind: "app" as const, appId: "deployments" }, ...from };
    const answer = await runInCall(call, () =>
      sql.begin(async (tx) => {
        if (deliveryId === null) return answerTo(tx, place, hook, read);
        const first = await takeDelivery(tx, hook, deliveryId);
        if (first !== null) return first;
        const made = await answerTo(tx, place, hook, read);
        await answerDelivery(tx, hook.id, deliveryId, made);
        return made;
      }),
    );
    wake();
    return answer;
  },
});

export type Deliveries = ReturnType<typeof createDeliveries>;

const MAX_ID = 200;

const answerTo = async (
  tx: Parameters<typeof takePush>[0],
  place: PushPlace,
  hook: Hook,
  { push, repositoryName }: ReadDelivery,
): Promise<DeliveryAnswer> => {
  if (repositoryName !== null && !isNamed(hook.repository, repositoryName)) {
    const what = `a push to ${repositoryName.slice(0, 200)}, while this webhook is for ${hook.repository}:`;
    return takePush(tx, place, { kind: "other", what });
  }
  return takePush(tx, place, push);
};

const secretsOf = (keys: Keyring, hook: SealedHook): Secret[] => [
  openHookSecret(keys, hook, "secret", hook.secretSealed),
  ...(hook.formerSealed === null ? [] : [openHookSecret(keys, hook, "former", hook.formerSealed)]),
];
