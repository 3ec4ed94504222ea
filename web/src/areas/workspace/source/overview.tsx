/** How it goes: from the first event to the flow of all. */
export function SourceOverview() {
  return null
}
