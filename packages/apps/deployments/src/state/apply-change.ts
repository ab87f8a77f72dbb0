import { DomainError } from "@homeport/kit/errors.ts";
import type { Applying, StoredChange, StoredOp, Value } from "./applying.ts";
import { attachSecrets, detachSecrets } from "./attachment-ops.ts";
import { createEnvironment, removeEnvironment, updateEnvironment } from "./environment-ops.ts";
import { createGroup, createService, removeGroup, removeService, updateGroup, updateService } from "./service-ops.ts";
import { setVariable, unsetVariable } from "./variable-ops.ts";
import { createVolume, removeVolume, updateVolume } from "./volume-ops.ts";
import { updateWorkload } from "./workload-ops.ts";

type Op<K extends StoredChange["op"]> = (applying: Applying, change: StoredOp<K>, value: Value) => void;

const OPS: { [K in StoredChange["op"]]: Op<K> } = {
  "project.update": ({ state }, { slug }) => {
    state.project = { ...state.project, slug };
  },
  "environment.create": createEnvironment,
  "environment.update": updateEnvironment,
  "environment.remove": removeEnvironment,
  "group.create": createGroup,
  "group.update": updateGroup,
  "group.remove": removeGroup,
  "service.create": createService,
  "service.update": updateService,
  "service.remove": removeService,
  "workload.update": updateWorkload,
  "variable.set": setVariable,
  "variable.generate": setVariable,
  "variable.unset": unsetVariable,
  "secrets.attach": attachSecrets,
  "secrets.detach": detachSecrets,
  "volume.create": createVolume,
  "volume.update": updateVolume,
  "volume.remove": removeVolume,
};

/**
 * Makes one change to the state that is being made. Staging, looking at a draft and applying all go through here, so what
 * was accepted as a draft is refused later only when something else has changed.
 *
 * @throws {DomainError} not_found; conflict; invalid. The state may be half changed then: start again from a copy.
 */
export const applyChange = (applying: Applying, change: StoredChange, value: Value): void => {
  if ("tempId" in change && applying.temps.has(change.tempId)) {
    throw new DomainError("conflict", `The temporary id ${change.tempId} is taken by another staged change.`);
  }
  const make = OPS[change.op] as Op<StoredChange["op"]>; // the table pairs each op with its own shape
  make(applying, change, value);
};
