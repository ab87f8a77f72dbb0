import type { PolledDevice } from "../service/devices.ts";
import type { DeniedSignIn, SignInRule, Verdict } from "../sign-in-rule.ts";

export const ruleToWire = ({ id, effect, kind, pattern, admission, note, createdAt }: SignInRule) => ({
  id,
  effect,
  kind,
  pattern,
  organisation: admission?.organisationSlug ?? null,
  role: admission?.role ?? null,
  note,
  createdAt: createdAt.toISOString(),
});

export const verdictToWire = ({ allowed, rule, registers }: Verdict) => ({
  allowed,
  rule: rule === null ? null : ruleToWire(rule),
  registers: registers === null ? null : ruleToWire(registers),
});

export const deniedToWire = ({ id, email, method, address, userAgent, reason, deniedAt }: DeniedSignIn) => ({
  id,
  email,
  method,
  address,
  userAgent,
  reason,
  deniedAt: deniedAt.toISOString(),
});

export const polledToWire = (polled: PolledDevice) => {
  switch (polled.state) {
    case "pending":
    case "slow_down":
      return { state: polled.state, interval: polled.intervalSeconds };
    case "approved": {
      const { token, record } = polled.made;
      return {
        state: polled.state,
        token: token.reveal(),
        tokenId: record.id,
        organisation: polled.organisationSlug,
        expiresAt: record.expiresAt?.toISOString() ?? null,
      };
    }
    default:
      return { state: polled.state };
  }
};
