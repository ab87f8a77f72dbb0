import { PageHeader, Tabs } from "@homeport/ui";
import type { ReactNode } from "react";
import { paths } from "./paths.ts";

/** What both lists of this app have around them. */
export const Frame = (props: {
  tab: "traffic" | "policies";
  description: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) => (
  <>
    <PageHeader title="Gateway" description={props.description} actions={props.actions} />
    <Tabs
      label="Pages of the gateway"
      items={[
        { label: "Traffic", href: paths.gateway(), current: props.tab === "traffic" },
        { label: "Policies", href: paths.policies(), current: props.tab === "policies" },
      ]}
    />
    {props.children}
  </>
);
