import type { WorkloadId } from "@homeport/kit/ids.ts";
import type { FORMER_BUGS } from "./mutants.ts";
import { goodBehaviour, type Item, type Script } from "./script.ts";
import type { Behaviour } from "./world.ts";

/** Scripts that failed once, as short as they could be made, and the bug that they showed. */
export type Regression = { bug: keyof typeof FORMER_BUGS; script: Script };

const w0 = "w0" as WorkloadId;

const deploy = (at: number, from: "build" | "image", behaviour: Partial<Behaviour> = {}): Item => ({
  at,
  workloadId: w0,
  wish: "deploy",
  from,
  behaviour: { ...goodBehaviour(), readyMs: 50, ...behaviour },
});

export const REGRESSIONS: readonly Regression[] = [
  {
    bug: "what ended as a candidate in the moment of its switch was never started again",
    script: {
      seed: 3,
      nodes: ["node0"],
      gateways: ["gateway0"],
      runners: ["runner0", "runner1"],
      services: [
        {
          workloadId: w0,
          isStateful: false,
          replicas: 2,
          strategy: {
            kind: "canary",
            steps: [
              { weight: 20, seconds: 2 },
              { weight: 60, seconds: 1 },
            ],
            maxErrorPercent: 5,
            minRequests: 20,
          },
        },
      ],
      isStormy: true,
      items: [
        deploy(300, "image"),
        { at: 448, fault: "stall", process: "deployments0", ms: 26_000 },
        deploy(6_407, "build", { readyMs: 87, preDeploy: "fails" }),
        { at: 9_715, workloadId: w0, wish: "scale", replicas: 1 },
        deploy(14_180, "build", { readyMs: 53 }),
        { at: 21_936, workloadId: w0, wish: "cancel" },
        { at: 28_623, fault: "power", process: "node0", downMs: 2_212 },
      ],
      quietAt: 33_418,
    },
  },
  {
    bug: "a report of an agent's earlier life made the control plane deaf to the next",
    script: {
      seed: 4_777,
      nodes: ["node0", "node1", "node2"],
      gateways: ["gateway0"],
      runners: ["runner0"],
      services: [{ workloadId: w0, isStateful: false, replicas: 1, strategy: { kind: "rolling" } }],
      isStormy: false,
      items: [
        deploy(300, "build"),
        { at: 9_997, fault: "pause", process: "clusters1", ms: 31_341 },
        { at: 21_885, fault: "kill", process: "node0", dies: "after", downMs: 7_382 },
      ],
      quietAt: 30_864,
    },
  },
];
