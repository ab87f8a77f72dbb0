import { actorOf, isMember, type Principal } from "../principal.ts";
import type { AuditActor } from "./record.ts";

/** Who acts, and by what they proved it. A person's token is that person, with another credential. */
export const auditActorOf = (principal: Principal): AuditActor => {
  if (isMember(principal)) {
    const id = principal.kind === "person" ? principal.sessionId : principal.tokenId;
    return { ...actorOf(principal), credential: { kind: CREDENTIALS[principal.kind], id } };
  }
  switch (principal.kind) {
    case "app":
      return appActor(principal.appId);
    case "agent":
      return { kind: "agent", id: principal.nodeId, credential: null };
    case "runner":
      return { kind: "runner", id: principal.runnerId, credential: null };
    case "job":
      return { kind: "job", id: principal.jobId, credential: null };
    case "anonymous":
      return { kind: "anonymous", id: "anonymous", credential: null };
  }
};

export const appActor = (appId: string): AuditActor => ({ kind: "app", id: appId, credential: null });

const CREDENTIALS = { person: "session", token: "token", service: "service" } as const;
