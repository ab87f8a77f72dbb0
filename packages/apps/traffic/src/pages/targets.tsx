import type { RouteStatus, StatusTarget } from "@homeport/kit/registry/gateway-status.ts";
import { Badge } from "@homeport/ui";
import { formatCount } from "../count.ts";

/** The instances of a route: how many there are of which sort, and each of them on demand. */
export const Targets = ({ targets, kind }: { targets: readonly StatusTarget[]; kind: RouteStatus["kind"] }) => {
  if (kind === "gateway") return null;
  if (targets.length === 0) return <Badge tone="danger">nothing runs</Badge>;
  const sorts = Map.groupBy(targets, sortOf);
  return (
    <details>
      <summary className="cursor-pointer whitespace-nowrap">
        <span className="inline-flex flex-wrap gap-1 align-middle whitespace-normal">
          {[...sorts].map(([sort, { length }]) => (
            <Badge key={sort} tone={TONES[sort]}>
              {length} {sort}
            </Badge>
          ))}
        </span>
      </summary>
      <ul className="mt-2 grid gap-2 text-sm">
        {targets.map((target) => (
          <li key={`${target.instance} ${target.address}`} data-key={`${target.instance} ${target.address}`}>
            <code className="break-all">{target.address}</code>
            <span className="flex flex-wrap items-center gap-x-2 text-soft max-sm:justify-end">
              <Badge tone={TONES[sortOf(target)]}>{sortOf(target)}</Badge>
              {formatCount(target.outstanding)} in flight, weight {target.weight}
            </span>
            <span className="break-all text-faint">{target.instance}</span>
          </li>
        ))}
      </ul>
    </details>
  );
};

const TONES = { ready: "success", draining: "neutral", ejected: "danger", restored: "warning" } as const;

/** `ejected`: passed over after failures. `restored`: known from disk, not seen running since. */
const sortOf = ({ state, isEjected, isRestored }: StatusTarget): keyof typeof TONES =>
  isEjected ? "ejected" : isRestored ? "restored" : state;
