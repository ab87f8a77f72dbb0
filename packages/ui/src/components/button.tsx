import { type ComponentProps, type ReactNode, useId } from "react";
import { classNames } from "../class-names.ts";
import { LoaderCircle } from "../icons.ts";
import { type ButtonSize, type ButtonVariant, buttonLook } from "./button-look.ts";
import { Reason } from "./reason.tsx";

interface Look {
  variant?: ButtonVariant | undefined;
  size?: ButtonSize | undefined;
  icon?: ReactNode;
  /** Why the control cannot be used now. It stays focusable, so that the reason can be found by keyboard too. */
  disabledReason?: string | undefined;
}

export interface ButtonProps extends Look, Omit<ComponentProps<"button">, "disabled"> {
  /** Work is going on: a spinner shows and presses do nothing. */
  busy?: boolean | undefined;
}

export function Button(props: ButtonProps): ReactNode {
  const {
    variant = "secondary",
    size = "md",
    icon,
    disabledReason,
    busy = false,
    className,
    children,
    ...rest
  } = props;
  const hintId = useId();
  const off = disabledReason !== undefined;
  const button = (
    <button
      {...rest}
      type={off || busy ? "button" : (rest.type ?? "button")}
      onClick={off || busy ? undefined : rest.onClick}
      aria-disabled={off || busy ? true : undefined}
      aria-busy={busy ? true : undefined}
      aria-describedby={off ? hintId : rest["aria-describedby"]}
      className={classNames(buttonLook(variant, size, off), className)}
    >
      {busy ? <LoaderCircle aria-hidden className="animate-spin" /> : icon}
      {children}
    </button>
  );
  return off ? (
    <Reason id={hintId} reason={disabledReason}>
      {button}
    </Reason>
  ) : (
    button
  );
}

export interface LinkButtonProps extends Look, ComponentProps<"a"> {
  href: string;
}

/** A link that looks like a button: it leads somewhere. What changes something is a `Button` in a form. */
export function LinkButton(props: LinkButtonProps): ReactNode {
  const { variant = "secondary", size = "md", icon, disabledReason, className, children, href, ...rest } = props;
  const hintId = useId();
  const look = classNames(buttonLook(variant, size, disabledReason !== undefined), className);
  if (disabledReason === undefined) {
    return (
      <a {...rest} href={href} className={look}>
        {icon}
        {children}
      </a>
    );
  }
  return (
    <Reason id={hintId} reason={disabledReason}>
      {/* biome-ignore lint/a11y/useValidAnchor: a link without href, marked disabled, is how ARIA writes a disabled link. */}
      <a role="link" aria-disabled="true" tabIndex={0} aria-describedby={hintId} className={look}>
        {icon}
        {children}
      </a>
    </Reason>
  );
}

export interface SubmitButtonProps extends Look {
  children: ReactNode;
  /** Shown while the form is being sent. Default: the label itself. */
  pendingLabel?: string | undefined;
  name?: string | undefined;
  value?: string | undefined;
  /** `id` of the form, for a button outside of it. */
  form?: string | undefined;
}

/** Sends its form. While that goes on, the runtime marks the form `data-pending` and the label changes. */
export function SubmitButton({
  children,
  pendingLabel,
  variant = "primary",
  icon,
  ...rest
}: SubmitButtonProps): ReactNode {
  return (
    <Button {...rest} variant={variant} type="submit" className="hp-submit">
      <LoaderCircle aria-hidden className="hp-when-pending animate-spin" />
      <span className="hp-unless-pending contents">{icon}</span>
      <span className={pendingLabel === undefined ? undefined : "hp-unless-pending"}>{children}</span>
      {pendingLabel === undefined ? null : <span className="hp-when-pending">{pendingLabel}</span>}
    </Button>
  );
}
