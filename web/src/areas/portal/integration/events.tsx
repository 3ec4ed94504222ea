/** The events that the source sends. */
export function DeclaredEvents() {
  return null
}
