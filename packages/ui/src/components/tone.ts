/** How a message or a state feels; each has an ink, a soft ground and a solid in tokens.css. */
export type Tone = "neutral" | "info" | "success" | "warning" | "danger";

export const TONE_SOFT: Record<Tone, string> = {
  neutral: "bg-neutral-soft text-neutral",
  info: "bg-info-soft text-info",
  success: "bg-success-soft text-success",
  warning: "bg-warning-soft text-warning",
  danger: "bg-danger-soft text-danger",
};

export const TONE_DOT: Record<Tone, string> = {
  neutral: "bg-neutral-solid",
  info: "bg-info-solid",
  success: "bg-success-solid",
  warning: "bg-warning-solid",
  danger: "bg-danger-solid",
};

export const TONE_EDGE: Record<Tone, string> = {
  neutral: "border-s-neutral-solid",
  info: "border-s-info-solid",
  success: "border-s-success-solid",
  warning: "border-s-warning-solid",
  danger: "border-s-danger-solid",
};
