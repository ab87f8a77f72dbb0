import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf, personOf } from "@homeport/kit/http/context.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { toClient } from "../client.ts";
import type { contract } from "../contract.ts";
import { sessionCookie } from "../cookie.ts";
import type { SignInRuleId } from "../ids.ts";
import { wrongSignIn } from "../service/sign-in.ts";
import type { UseCases } from "../service/use-cases.ts";
import { deniedToWire, polledToWire, ruleToWire, verdictToWire } from "./sign-in-wire.ts";
import { signedInToWire } from "./wire.ts";

type Contract = typeof contract;

/** Signs in with a password. @throws {DomainError} unauthenticated; unverified, without the code it needs; rate_limited */
export const createSession =
  ({ signIn, password }: UseCases): Handlers<Contract["sessions"]["create"]> =>
  async (context, { code, ...shown }) => {
    const client = toClient(context);
    const proof = await password.complete(shown, client);
    const outcome = proof === null ? null : await signIn.enter(proof, client, { code });
    if (outcome === null || outcome.kind === "refused") throw wrongSignIn();
    if (outcome.kind === "code") {
      throw new DomainError(
        "unverified",
        "This account has a second factor: send a code of its authenticator as code.",
      );
    }
    context.responseHeaders.append("set-cookie", sessionCookie(outcome.token, context.origin));
    return signedInToWire(outcome.member);
  };

export const signInHandlers = ({ password, link, confirmation }: UseCases): Handlers<Contract["signIn"]> => ({
  methods: async () => ({
    items: [password, link].filter((method) => method.isOn()).map(({ id, label, kind }) => ({ id, label, kind })),
  }),
  sendLink: async (context, asked) => {
    if (!link.isOn()) throw new DomainError("conflict", "Links by mail are off here, or no mail server is set up.");
    await link.begin(asked, toClient(context));
    return { sent: true };
  },
  confirm: async (context, shown) => ({
    verifiedAt: (await confirmation.confirm(personOf(context), shown)).toISOString(),
  }),
});

export const passwordHandlers = ({ passwords }: UseCases): Handlers<Contract["password"]> => ({
  change: async (context, input) => ({ endedSessions: await passwords.change(personOf(context), input) }),
});

export const authenticatorHandlers = ({ factors }: UseCases): Handlers<Contract["authenticator"]> => ({
  read: async (context) => {
    const { confirmedAt, recoveryCodesLeft } = await factors.read(personOf(context).personId as PersonId);
    return { confirmedAt: confirmedAt?.toISOString() ?? null, recoveryCodesLeft };
  },
  enrol: async (context) => {
    const { secret, uri } = await factors.enrol(personOf(context));
    return { secret: secret.reveal(), uri };
  },
  confirm: async (context, { code }) => ({ recoveryCodes: await factors.confirm(personOf(context), code) }),
  remove: async (context) => ({ removed: await factors.remove(personOf(context)) }),
  renewCodes: async (context) => ({ recoveryCodes: await factors.renewCodes(personOf(context)) }),
});

export const ruleHandlers = ({ rules }: UseCases): Handlers<Contract["rules"]> => ({
  list: async (_context, { cursor, limit }) => {
    const { items, nextCursor } = await rules.list(cursor, limit);
    return { items: items.map(ruleToWire), nextCursor };
  },
  create: async (context, input) => ruleToWire(await rules.create(memberOf(context), input)),
  update: async (context, { rule, ...input }) =>
    ruleToWire(await rules.update(memberOf(context), rule as SignInRuleId, input)),
  remove: async (context, { rule }) => ({ removed: await rules.remove(memberOf(context), rule as SignInRuleId) }),
  test: async (_context, { email }) => verdictToWire(await rules.test(email)),
  denied: async (_context, { cursor, limit }) => {
    const { items, nextCursor } = await rules.listDenied(cursor, limit);
    return { items: items.map(deniedToWire), nextCursor };
  },
});

export const deviceHandlers = ({ devices }: UseCases): Handlers<Contract["device"]> => ({
  start: async (context, { clientName }) => {
    const started = await devices.start(clientName, toClient(context));
    return {
      deviceCode: started.deviceCode.reveal(),
      userCode: started.userCode,
      verificationUri: started.page.href,
      verificationUriComplete: started.pageWithCode.href,
      expiresIn: started.expiresInSeconds,
      interval: started.intervalSeconds,
    };
  },
  token: async (_context, { deviceCode }) => polledToWire(await devices.poll(new Secret(deviceCode))),
});

export const mailHandlers = ({ mails }: UseCases): Handlers<Contract["mail"]> => ({
  test: async (_context, { to }) => {
    const error = await mails.test(to);
    return { sent: error === null, error };
  },
});
