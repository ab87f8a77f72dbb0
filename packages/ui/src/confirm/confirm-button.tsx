import { type ReactNode, useId, useState } from "react";
import { Button, SubmitButton } from "../components/button.tsx";
import type { ButtonSize, ButtonVariant } from "../components/button-look.ts";
import { Dialog } from "../components/dialog.tsx";
import { CONTROL_LOOK } from "../components/field.tsx";

export interface ConfirmButtonProps {
  label: string;
  /** Receives the POST. */
  action: string;
  title: string;
  /** What will happen, and what cannot be undone. */
  body: string;
  confirmLabel: string;
  /** What must be typed first, such as the project's name; sent as `confirm`, and the server must check it. */
  typed?: string | undefined;
  hidden?: Record<string, string> | undefined;
  variant?: ButtonVariant | undefined;
  /** For what takes nothing away, but is not to be done by an early press. */
  isHarmless?: boolean | undefined;
  size?: ButtonSize | undefined;
  disabledReason?: string | undefined;
}

/**
 * A button for what is asked about first. It opens a dialog with a plain form. Until the script has started the button posts without
 * `confirm`, which the server answers with its own question, so nothing happens by an early press.
 */
export function ConfirmButton(props: ConfirmButtonProps): ReactNode {
  const {
    label,
    action,
    typed,
    hidden = {},
    variant = "danger-quiet",
    size,
    disabledReason,
    isHarmless = false,
  } = props;
  const [open, setOpen] = useState(false);
  const [value, setValue] = useState("");
  const inputId = useId();
  const matches = typed === undefined || value.trim() === typed;
  const values = Object.entries(hidden).map(([name, text]) => (
    <input key={name} type="hidden" name={name} value={text} />
  ));
  return (
    <>
      <form
        action={action}
        method="post"
        className="inline-flex"
        onSubmit={(event) => {
          event.preventDefault();
          setOpen(true);
        }}
      >
        {values}
        <Button type="submit" variant={variant} size={size} disabledReason={disabledReason}>
          {label}
        </Button>
      </form>
      <Dialog
        open={open}
        onOpenChange={(next) => {
          setOpen(next);
          setValue("");
        }}
        title={props.title}
        description={props.body}
      >
        <form
          action={action}
          method="post"
          className="grid gap-1.5"
          onSubmit={(event) => {
            // Enter in the field sends the form past the button.
            if (!matches) event.preventDefault();
          }}
        >
          {values}
          {typed === undefined ? (
            <input type="hidden" name="confirm" value="yes" />
          ) : (
            <>
              <label htmlFor={inputId}>
                Type <strong className="font-mono font-semibold">{typed}</strong> to confirm
              </label>
              <input
                id={inputId}
                name="confirm"
                autoComplete="off"
                spellCheck={false}
                value={value}
                onChange={(event) => setValue(event.currentTarget.value)}
                className={`${CONTROL_LOOK} h-9 font-mono pointer-coarse:h-11`}
              />
            </>
          )}
          <div className="flex flex-wrap justify-end gap-2.5 pt-4">
            <Button onClick={() => setOpen(false)}>{isHarmless ? "Cancel" : "Keep it"}</Button>
            <SubmitButton
              variant={isHarmless ? "primary" : "danger"}
              disabledReason={matches ? undefined : `Type ${typed} above first.`}
            >
              {props.confirmLabel}
            </SubmitButton>
          </div>
        </form>
      </Dialog>
    </>
  );
}
