/** What became of a push for one service; without an environment, none takes the branch. */
export type PushResult = {
  service: string;
  environment: string | null;
  deployment?: string;
  reason?: string;
};

/** What a delivery is answered, the first time and when it comes again. */
export type DeliveryAnswer = {
  event: "push" | "branch_deleted" | "tag" | "ping" | "other";
  branch: string | null;
  commit: string | null;
  message: string;
  results: PushResult[];
};
