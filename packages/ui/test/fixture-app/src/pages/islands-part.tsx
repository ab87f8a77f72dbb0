import { Section } from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { ReactNode } from "react";
import BrowserOnly from "./browser-only.island.tsx";
import Counter from "./counter.island.tsx";
import Fragile from "./fragile.island.tsx";
import Messages from "./messages.island.tsx";

export function Islands(): ReactNode {
  return (
    <Section title="Islands">
      <Counter start={3} label="A counter" />
      <BrowserOnly />
      <Fragile />
      <Messages />
      <div>
        <ConfirmButton
          label="Delete project"
          action="/delete"
          title="Delete shop?"
          body="Its 3 services stop, and their releases and variables are deleted. This cannot be undone."
          confirmLabel="Delete for good"
          typed="shop"
          hidden={{ project: "shop" }}
        />
      </div>
    </Section>
  );
}
