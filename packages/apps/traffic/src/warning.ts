import type { StatusWarning } from "@homeport/kit/registry/gateway-status.ts";

/** What a warning means and what to do about it, for people who have not read how gateways work. */
export const explainWarning = ({ kind, subject }: StatusWarning): { title: string; advice: string } => {
  switch (kind) {
    case "refused":
      return {
        title: `${subject} is claimed twice`,
        advice:
          "Who has been running longer keeps it; the later one gets no requests there. Give the later one another prefix or host, or stop it.",
      };
    case "invalid":
      return {
        title: `${subject} cannot be read`,
        advice:
          "The record is passed over, so what it describes gets no requests. Another version may have written it: upgrade or restart who wrote it.",
      };
    case "certificate":
      return {
        title: `The certificate ${subject} is not used as it should be`,
        advice: "Replace its file with a valid one. Visitors of its names get a warning until then.",
      };
    case "policy":
      return {
        title: `The policy of ${subject} is not applied as it is`,
        advice: "Open the policy, mend what is named here, and save it.",
      };
    case "valkey":
      return {
        title: "Valkey does not answer",
        advice:
          "The last known routes go on being served; new ones do not arrive. See whether Valkey runs and REDIS_URL is right.",
      };
    case "restored":
      return {
        title: `${subject} is only known from disk`,
        advice:
          "Nothing has shown since the gateway's start that it still runs. This ends by itself when its app or node reports; if it stays, start that again.",
      };
  }
};
