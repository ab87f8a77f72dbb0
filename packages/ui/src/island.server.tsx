import { type ComponentType, createElement, type ReactElement, useContext, useId } from "react";
import { renderToString } from "react-dom/server";
import { IslandBoundary } from "./island/boundary.tsx";
import type { IslandOptions, Serialisable } from "./island/options.ts";
import { InsideIslandContext, IslandScopeContext } from "./island/scope.ts";

/**
 * Server half of `@homeport/ui/island`: renders the component to HTML of its own inside `<hp-island>`, with a prefix
 * for `useId` that the browser half repeats. A component that throws here is left to the browser.
 *
 * `name` must be the name of the file, `<name>.island.tsx`; the build checks it.
 */
export function island<P extends Serialisable<P>>(
  name: string,
  component: ComponentType<P>,
  options: IslandOptions = {},
): ComponentType<P> {
  const start = options.on ?? "load";
  // biome-ignore lint/correctness/noComponentHookFactories: called once per module, so the component keeps its identity.
  function Island(props: P): ReactElement {
    const scope = useContext(IslandScopeContext);
    const inside = useContext(InsideIslandContext);
    const prefix = useId().replaceAll(/\W/g, "");
    if (inside) return createElement(component as ComponentType<object>, props);
    if (scope === null) throw new Error(`The island "${name}" was rendered outside renderPage and renderBare.`);
    const src = scope.sourceOf(name);
    if (src === null) throw new Error(`The island "${name}" is not in the asset build. Build the assets again.`);
    scope.used(src, start);

    // All hooks are above: the render below is a render of its own in the middle of this one.
    let html = "";
    let mode = "client";
    if (options.ssr !== false) {
      try {
        html = renderIsland(name, component as ComponentType<object>, props, prefix);
        mode = "hydrate";
      } catch (err) {
        scope.failed(name, err);
      }
    }
    const attributes = { name, src, prefix, when: start, mode, props: JSON.stringify(props) };
    return createElement("hp-island", {
      ...attributes,
      suppressHydrationWarning: true,
      // React's own output of the rendering above, escaped by React.
      dangerouslySetInnerHTML: { __html: html },
    });
  }
  Island.displayName = `Island(${name})`;
  return Island;
}

function renderIsland(name: string, component: ComponentType<object>, props: object, prefix: string): string {
  return renderToString(
    <InsideIslandContext value={true}>
      <IslandBoundary name={name}>{createElement(component, props)}</IslandBoundary>
    </InsideIslandContext>,
    { identifierPrefix: prefix },
  );
}
