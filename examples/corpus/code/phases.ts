// Phases of the Moon from its age in days.
export type Phase = "new" | "waxing" | "full" | "waning";

/** Days from one new moon to the next, on average. */
export const SYNODIC_MONTH_DAYS = 29.53;

export function phase(ageDays: number): Phase {
  const part = (ageDays % SYNODIC_MONTH_DAYS) / SYNODIC_MONTH_DAYS;
  if (part < 0.03 || part > 0.97) return "new";
  if (part < 0.47) return "waxing";
  return part <= 0.53 ? "full" : "waning";
}
