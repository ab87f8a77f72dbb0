import { PLATFORM_POLICY } from "@homeport/kit/registry/policy.ts";
import { Alert, Section, Time } from "@homeport/ui";
import { countOf } from "../count.ts";
import type { Drift } from "../drift.ts";
import { PolicyHost } from "../policy-host.ts";
import type { Traffic, Worker } from "../traffic.ts";
import { explainWarning } from "../warning.ts";
import { paths } from "./paths.ts";

/** More would push the rest of the page out of sight. */
const SHOWN = 5;

/** What somebody should look at: what gateways warn of, and workers whose table is not that of the others. */
export const Warnings = ({ traffic }: { traffic: Traffic }) => {
  const { workers, warnings, warningCount } = traffic;
  const drifted = workers.filter(({ drift }) => drift?.state === "drifted");
  if (drifted.length === 0 && warningCount === 0) return null;
  const list = (some: readonly Warning[]) =>
    some.map((warning) => (
      <WarningAlert
        key={`${warning.kind} ${warning.subject} ${warning.detail}`}
        warning={warning}
        workerCount={workers.length}
      />
    ));
  return (
    <Section title="Needs a look" id="warnings">
      {drifted.map((worker) => (
        <DriftAlert key={worker.instance} worker={worker} />
      ))}
      {list(warnings.slice(0, SHOWN))}
      {warnings.length <= SHOWN ? null : (
        <details>
          <summary className="cursor-pointer">{countOf(warnings.length - SHOWN, "more warning")}</summary>
          <div className="mt-3.5 grid gap-3.5">{list(warnings.slice(SHOWN))}</div>
        </details>
      )}
      {warningCount <= warnings.length ? null : (
        <p className="text-soft">Gateways count {countOf(warningCount, "warning")} and name the first of them only.</p>
      )}
    </Section>
  );
};

type Warning = Traffic["warnings"][number];

const WarningAlert = ({ warning, workerCount }: { warning: Warning; workerCount: number }) => {
  const { title, advice } = explainWarning(warning);
  return (
    <div data-key={`${warning.kind} ${warning.subject} ${warning.detail}`}>
      <Alert tone={warning.kind === "restored" ? "info" : "warning"} title={title}>
        <p>{warning.detail}</p>
        <p>
          {advice}
          {warning.kind === "policy" ? <PolicyLink subject={warning.subject} /> : null}
        </p>
        {warning.workers === workerCount ? null : (
          <p className="text-sm">
            Said by {warning.workers} of {countOf(workerCount, "worker")}.
          </p>
        )}
      </Alert>
    </div>
  );
};

/** The time is an exact one: words that change would have the alert read out again and again. */
const DriftAlert = ({ worker }: { worker: Worker }) =>
  worker.drift === null ? null : (
    <div data-key={`drift ${worker.instance}`}>
      <Alert tone="danger" title={`${placeOf(worker)} serves another table than the others`}>
        <p>
          {describeDrift(worker.drift)}, since <Time at={worker.drift.since} format="absolute" />. Some visitors get
          other answers than the rest. See whether this worker reaches Valkey; if it does, restart it.
        </p>
      </Alert>
    </div>
  );

const PolicyLink = ({ subject }: { subject: string }) =>
  subject !== PLATFORM_POLICY && !PolicyHost.safeParse(subject).success ? null : (
    <>
      {" "}
      <a href={paths.policy(subject)} className="underline">
        Open the policy
      </a>
    </>
  );

export const placeOf = ({ hostname, pid }: Worker): string => `${hostname}, process ${pid}`;

/** Which one is behind, and by how much. */
export const describeDrift = ({ relation, routesBehind, policiesBehind }: Drift): string => {
  if (relation === "differs") return "It has the same revisions, but other apps or targets in its table";
  const parts = [
    ...(routesBehind > 0 ? [`${countOf(routesBehind, "revision")} of the routes`] : []),
    ...(policiesBehind > 0 ? [`${countOf(policiesBehind, "revision")} of the policies`] : []),
  ];
  return `It is behind by ${parts.join(" and ")}`;
};
