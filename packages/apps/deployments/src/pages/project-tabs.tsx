import { Tabs } from "@homeport/ui";
import { paths } from "./paths.ts";

/** The pages of a project. */
export const ProjectTabs = ({ project, tab }: { project: string; tab: "services" | "secrets" }) => (
  <Tabs
    label={`Pages of ${project}`}
    items={[
      { label: "Services", href: paths.project(project), current: tab === "services" },
      { label: "Secrets", href: paths.secrets(project), current: tab === "secrets" },
    ]}
  />
);
