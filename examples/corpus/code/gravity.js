// What you would weigh elsewhere.
const SURFACE_GRAVITY = { mercury: 3.7, venus: 8.87, earth: 9.81, moon: 1.62, mars: 3.71, jupiter: 24.79 };

/** Weight in newtons of a mass in kilograms on the surface of a body. */
export function weight(massKg, body) {
  const gravity = SURFACE_GRAVITY[body];
  if (gravity === undefined) throw new RangeError(`unknown body ${body}`);
  return massKg * gravity;
}
