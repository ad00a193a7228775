// The address is the state: every view is drawn from it, and the back button works.

import { useEffect, useState } from "./html.js";

const moved = new EventTarget();
addEventListener("popstate", () => moved.dispatchEvent(new Event("moved")));

/** A path with parameters; those that are null are left out, lists are repeated. */
export function to(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one != null && one !== "") query.append(name, one);
  }
  return query.size ? `${path}?${query}` : path;
}

/** Goes somewhere; `replace` leaves no step for the back button. */
export function go(address, { replace = false } = {}) {
  if (address === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  moved.dispatchEvent(new Event("moved"));
}

/** Follows a link without loading the page anew; clicks that ask for another tab stay as they are. */
export function follow(event) {
  const link = event.target.closest?.("a[href]");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

const read = () => ({ path: location.pathname, query: new URLSearchParams(location.search) });

/** Where we are. */
export function useRoute() {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const listen = () => setRoute(read());
    moved.addEventListener("moved", listen);
    return () => moved.removeEventListener("moved", listen);
  }, []);
  return route;
}
