import { PageHeader, Tabs } from "@homeport/ui";
import type { ReactNode } from "react";
import { INSTANCE_LOG } from "../audit-log.ts";
import { paths } from "./paths.ts";

type Props = {
  tab: "people" | "organisations" | "audit";
  title: string;
  description: string;
  actions?: ReactNode;
  children: ReactNode;
};

/** What the lists for those who run the platform have in common. */
export const PlatformFrame = ({ tab, title, description, actions, children }: Props) => (
  <>
    <PageHeader title={title} description={description} actions={actions} />
    <Tabs
      label="People and organisations"
      items={[
        { href: paths.people, label: "People", current: tab === "people" },
        { href: paths.platformOrganisations, label: "Organisations", current: tab === "organisations" },
        { href: INSTANCE_LOG.page, label: "Audit log", current: tab === "audit" },
      ]}
    />
    {children}
  </>
);

/** Why who only operates the platform cannot press a button here. */
export const OWNERS_ONLY = "Only owners of the platform can do this.";
