/** Holds the event loop for so long, as a long computation does. */
export function spin(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
