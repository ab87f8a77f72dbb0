import { type ComponentType, createElement, type ReactElement } from "react";
import { IslandBoundary } from "./island/boundary.tsx";
import type { IslandOptions, Serialisable } from "./island/options.ts";
import { InsideIslandContext } from "./island/scope.ts";

/** Browser half of `@homeport/ui/island`: the component itself, inside the same boundary as on the server. */
export function island<P extends Serialisable<P>>(
  name: string,
  component: ComponentType<P>,
  _options?: IslandOptions,
): ComponentType<P> {
  // biome-ignore lint/correctness/noComponentHookFactories: called once per module, so the component keeps its identity.
  return function Island(props: P): ReactElement {
    return (
      <InsideIslandContext value={true}>
        <IslandBoundary name={name}>{createElement(component as ComponentType<object>, props)}</IslandBoundary>
      </InsideIslandContext>
    );
  };
}
