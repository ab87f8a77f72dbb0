import { type ReactNode, use, useId } from "react";
import { deeper, HeadingLevelContext } from "./heading-level.ts";

export interface SectionProps {
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  id?: string | undefined;
  children: ReactNode;
}

export function Section({ title, description, actions, id, children }: SectionProps): ReactNode {
  const headingId = useId();
  const Heading = use(HeadingLevelContext);
  return (
    <section id={id} aria-labelledby={headingId} className="mt-8 grid grid-cols-1 gap-3.5 first:mt-0">
      <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <Heading id={headingId} className="text-lg font-semibold">
            {title}
          </Heading>
          {description === undefined ? null : <div className="max-w-prose text-soft">{description}</div>}
        </div>
        {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      <HeadingLevelContext value={deeper(Heading)}>{children}</HeadingLevelContext>
    </section>
  );
}
