/** State, pending, last failure. */
export function DestinationOverview() {
  return null
}
