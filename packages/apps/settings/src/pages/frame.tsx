import { LinkButton, PageHeader, Tabs } from "@homeport/ui";
import type { ReactNode } from "react";
import { paths } from "./paths.ts";

/** What all pages of this app have around them. */
export const Frame = (props: {
  tab: "settings" | "transfer" | "keys";
  description: ReactNode;
  children: ReactNode;
}) => (
  <>
    <PageHeader
      title="Settings"
      description={props.description}
      actions={<LinkButton href={paths.auditLog()}>Audit log</LinkButton>}
    />
    <Tabs
      label="Pages of the settings"
      items={[
        { label: "Settings", href: paths.settings(), current: props.tab === "settings" },
        { label: "Export and import", href: paths.transfer(), current: props.tab === "transfer" },
        { label: "Keys", href: paths.keys(), current: props.tab === "keys" },
      ]}
    />
    {props.children}
  </>
);
