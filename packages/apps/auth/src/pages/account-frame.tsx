import { PageHeader, Tabs } from "@homeport/ui";
import type { ReactNode } from "react";
import { paths } from "./paths.ts";

const TABS = {
  profile: { href: paths.account, label: "Profile" },
  security: { href: paths.security, label: "Security" },
  sessions: { href: paths.sessions, label: "Sessions" },
  tokens: { href: paths.tokens, label: "Tokens" },
} as const;

/** What the pages of one's own account have in common. */
export const AccountFrame = ({ tab, children }: { tab: keyof typeof TABS; children: ReactNode }) => (
  <>
    <PageHeader title="Account" />
    <Tabs
      label="Account"
      items={Object.entries(TABS).map(([id, { href, label }]) => ({ href, label, current: id === tab }))}
    />
    {children}
  </>
);
